package dev.dunes.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.AccountLimits;
import dev.dunes.hosting.HostingException;
import dev.dunes.hosting.SecretInfo;
import dev.dunes.hosting.Secrets;
import dev.dunes.hosting.Timestamps;
import dev.dunes.server.DunesServer;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code ds secrets}: what requests of sandboxes have in their headers, and sandboxes never see.
 */
@CommandLine.Command(
    description = {
      "Keeps secrets of the server that runs in this directory. Rules of a sandbox's network set them",
      "in headers on the way out, as ${e2b.secrets.NAME}; the sandbox never has them. A running server",
      "knows at once. No command shows a value.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds secrets set model-key < key.txt",
      "  ds secrets list",
      "  ds secrets delete model-key"
    })
final class SecretsVerb implements Verb {
  private final Console console;

  SecretsVerb(Console console) {
    this.console = console;
  }

  @Override
  public Map<String, Verb> parts() {
    Map<String, Verb> parts = new LinkedHashMap<>();
    parts.put("set", new SetSecret(console));
    parts.put("list", new ListSecrets(console));
    parts.put("delete", new Delete(console));
    return parts;
  }

  @Override
  public int run() {
    throw Parts.missing(console.program() + " secrets", parts());
  }

  /** Whose they are. */
  static final class Owner {
    @Option(
        names = "--account",
        paramLabel = "ID",
        description = "Of a key, by its id in `ds keys list` (default: of the server's own token).")
    private String id = Account.MAIN;

    Account account(Console console) {
      boolean known =
          id.equals(Account.MAIN)
              || OfThisDirectory.keys(console).list().stream().anyMatch(key -> key.id().equals(id));
      if (!known) {
        throw Failure.usage(
            "--account: there is no key '%s' in this directory".formatted(Printable.line(id)),
            "`%s keys list` shows what there is".formatted(console.program()));
      }
      return new Account(id, AccountLimits.DEFAULT);
    }
  }

  private static Secrets secrets(Console console) {
    return new Secrets(DunesServer.hosting(console.directory()));
  }

  private static <T> T said(Console console, Supplier<T> work) {
    try {
      return work.get();
    } catch (HostingException e) {
      throw new Failure(
          ExitCodes.ERROR,
          String.valueOf(e.getMessage()),
          e.reason() == HostingException.Reason.NOT_FOUND
              ? "`%s secrets list` shows what there is".formatted(console.program())
              : "");
    }
  }

  private static ObjectNode json(SecretInfo secret) {
    return JsonMapper.shared()
        .createObjectNode()
        .put("secretID", secret.id())
        .put("name", secret.name())
        .put("currentVersion", secret.version())
        .put("createdAt", Timestamps.text(secret.createdAt()))
        .put("updatedAt", Timestamps.text(secret.updatedAt()));
  }

  private static String line(SecretInfo secret) {
    return Printable.line(
            "%s  version %d  %s  %s"
                .formatted(
                    secret.id(),
                    secret.version(),
                    Timestamps.text(secret.updatedAt()),
                    secret.name()))
        + "\n";
  }

  /** {@code ds secrets set}. */
  @CommandLine.Command(
      description = {
        "Makes a secret, or gives it a new value, which comes from standard input: what is in a command",
        "line, others on the machine can see. One line break at the end is left out.",
        ""
      })
  static final class SetSecret implements Verb {
    /** More than any value has. */
    private static final int LONGEST = 16 << 10;

    private final Console console;

    @Parameters(paramLabel = "NAME", description = "What placeholders call it; made lower case.")
    private String name = "";

    @CommandLine.Mixin private Owner owner = new Owner();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    SetSecret(Console console) {
      this.console = console;
    }

    @Override
    public int run() {
      boolean first = OfThisDirectory.isNew(console);
      String value = value();
      Secrets all = secrets(console);
      Account account = owner.account(console);
      boolean there =
          all.list(account).stream().anyMatch(each -> each.name().equalsIgnoreCase(name));
      SecretInfo now =
          said(
              console,
              () ->
                  there
                      ? all.update(account, name, value, Optional.empty())
                      : all.create(account, name, value, Map.of()));
      console.print(json ? PrettyJson.of(json(now)) + "\n" : line(now));
      OfThisDirectory.say(console, first, "this secret");
      return ExitCodes.OK;
    }

    private String value() {
      if (console.terminals().in()) {
        throw Failure.usage(
            "the value of a secret comes from standard input",
            "%s secrets set %s < FILE".formatted(console.program(), Printable.line(name)));
      }
      try {
        String text = new String(console.in().readNBytes(LONGEST), UTF_8);
        return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
      } catch (IOException e) {
        throw new Failure(ExitCodes.ERROR, "cannot read standard input: " + e.getMessage(), "");
      }
    }
  }

  /** {@code ds secrets list}. */
  @CommandLine.Command(description = {"Lists secrets, without their values.", ""})
  static final class ListSecrets implements Verb {
    private final Console console;

    @CommandLine.Mixin private Owner owner = new Owner();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    ListSecrets(Console console) {
      this.console = console;
    }

    @Override
    public int run() {
      List<SecretInfo> all = secrets(console).list(owner.account(console));
      if (json) {
        ArrayNode rows = JsonMapper.shared().createArrayNode();
        all.forEach(secret -> rows.add(json(secret)));
        console.print(PrettyJson.of(rows) + "\n");
      } else {
        all.forEach(secret -> console.print(line(secret)));
        if (all.isEmpty()) {
          console.print("No secrets\n");
          OfThisDirectory.say(console, OfThisDirectory.isNew(console), "what would be listed");
        }
      }
      return ExitCodes.OK;
    }
  }

  /** {@code ds secrets delete}. */
  @CommandLine.Command(
      description = {"Deletes a secret: requests that need it are refused from now on.", ""})
  static final class Delete implements Verb {
    private final Console console;

    @Parameters(paramLabel = "NAME", description = "Its name or id.")
    private String name = "";

    @CommandLine.Mixin private Owner owner = new Owner();

    Delete(Console console) {
      this.console = console;
    }

    @Override
    public int run() {
      return said(
          console,
          () -> {
            secrets(console).delete(owner.account(console), name);
            return ExitCodes.OK;
          });
    }
  }
}
