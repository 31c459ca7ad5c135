package dev.dunes.cli;

import dev.dunes.hosting.ApiKey;
import dev.dunes.hosting.ApiKeys;
import dev.dunes.hosting.Timestamps;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code ds keys}: keys for sandboxes of the server of this directory. */
@CommandLine.Command(
    description = {
      "Makes, lists and revokes keys for the sandboxes of the server that runs in this directory.",
      "Each key has sandboxes of its own. A running server knows at once. Of a key only its hash is",
      "kept: it is shown when it is made, and never again.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds keys create laptop",
      "  ds keys create ci --limit concurrent=50 --limit lifetime=7200",
      "  ds keys list",
      "  ds keys revoke k1a2b3c4d5e6"
    })
final class KeysVerb implements Verb {
  private final Console console;

  KeysVerb(Console console) {
    this.console = console;
  }

  @Override
  public Map<String, Verb> parts() {
    Map<String, Verb> parts = new LinkedHashMap<>();
    parts.put("create", new Create(console));
    parts.put("list", new ListKeys(console));
    parts.put("revoke", new Revoke(console));
    return parts;
  }

  @Override
  public int run() {
    throw Parts.missing(console.program() + " keys", parts());
  }

  private static ObjectNode json(ApiKey key) {
    ObjectNode json =
        JsonMapper.shared()
            .createObjectNode()
            .put("id", key.id())
            .put("name", key.name())
            .put("prefix", key.prefix())
            .put("createdAt", Timestamps.text(key.createdAt()));
    key.revokedAt().ifPresent(at -> json.put("revokedAt", Timestamps.text(at)));
    ObjectNode limits = json.putObject("limits");
    key.limits().forEach(limits::put);
    return json;
  }

  /** {@code ds keys create}. */
  @CommandLine.Command(description = {"Makes a key and prints it.", ""})
  static final class Create implements Verb {
    private final Console console;

    @Parameters(paramLabel = "NAME", description = "What you call it.")
    private String name = "";

    @Option(
        names = "--limit",
        paramLabel = "NAME=NUMBER",
        description =
            "A limit that differs from the server's: lifetime (s), cpu, memory, disk (MiB), concurrent, upload (bytes). May be repeated.")
    private List<String> limits = new ArrayList<>();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    Create(Console console) {
      this.console = console;
    }

    @Override
    public int run() {
      boolean first = OfThisDirectory.isNew(console);
      try {
        ApiKeys.Created made =
            OfThisDirectory.keys(console).create(name, KeyValues.parse("--limit", limits));
        console.print(
            json
                ? PrettyJson.of(json(made.key()).put("key", made.secret())) + "\n"
                : made.secret() + "\n");
        OfThisDirectory.say(console, first, "this key");
        return ExitCodes.OK;
      } catch (IllegalArgumentException e) {
        throw Failure.usage(
            String.valueOf(e.getMessage()),
            "`%s keys create --help` shows how".formatted(console.program()));
      }
    }
  }

  /** {@code ds keys list}. */
  @CommandLine.Command(description = {"Lists keys, revoked ones too.", ""})
  static final class ListKeys implements Verb {
    private final Console console;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    ListKeys(Console console) {
      this.console = console;
    }

    @Override
    public int run() {
      List<ApiKey> all = OfThisDirectory.keys(console).list();
      if (json) {
        ArrayNode rows = JsonMapper.shared().createArrayNode();
        all.forEach(key -> rows.add(json(key)));
        console.print(PrettyJson.of(rows) + "\n");
        return ExitCodes.OK;
      }
      if (all.isEmpty()) {
        console.print("No keys\n");
        OfThisDirectory.say(console, OfThisDirectory.isNew(console), "what would be listed");
      }
      for (ApiKey key : all) {
        String end = key.revokedAt().map(at -> "  revoked " + Timestamps.text(at)).orElse("");
        console.print(
            Printable.line(
                    "%s  %s…  %s  %s%s"
                        .formatted(
                            key.id(),
                            key.prefix(),
                            Timestamps.text(key.createdAt()),
                            key.name(),
                            end))
                + "\n");
      }
      return ExitCodes.OK;
    }
  }

  /** {@code ds keys revoke}. */
  @CommandLine.Command(description = {"Revokes a key: from now on it is no good.", ""})
  static final class Revoke implements Verb {
    private final Console console;

    @Parameters(paramLabel = "ID", description = "Its id; `ds keys list` shows it.")
    private String id = "";

    Revoke(Console console) {
      this.console = console;
    }

    @Override
    public int run() {
      if (!OfThisDirectory.keys(console).revoke(id)) {
        throw new Failure(
            ExitCodes.ERROR,
            "no key '%s' that is not revoked".formatted(Printable.line(id)),
            "`%s keys list` shows what there is".formatted(console.program()));
      }
      return ExitCodes.OK;
    }
  }
}
