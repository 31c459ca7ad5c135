package dev.dunes.cli;

import dev.dunes.server.DunesServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code ds env}: what clients of others have to be told. */
@CommandLine.Command(
    description = {"Prints variables that point clients of others at a server of Dunes.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  eval \"$(ds env e2b)\"",
      "  eval \"$(ds env e2b --domain e2b.localhost:8443)\"",
      "  ds env e2b --json"
    })
final class EnvVerb implements Verb {
  private final Console console;

  EnvVerb(Console console) {
    this.console = console;
  }

  @Override
  public Map<String, Verb> parts() {
    Map<String, Verb> parts = new LinkedHashMap<>();
    parts.put("e2b", new E2b(console));
    return parts;
  }

  @Override
  public int run() {
    throw Parts.missing(console.program() + " env", parts());
  }

  /** {@code ds env e2b}. */
  @CommandLine.Command(
      description = {
        "Prints exports for the SDKs and the command line of E2B.",
        "With an address, SDKs from 2.10 on find everything there. With a domain, older ones do, too:",
        "the server then listens with TLS at DUNES_E2B_TLS_PORT, and its certificate is trusted by",
        "the files that are named here.",
        ""
      })
  static final class E2b implements Verb {
    /** Clients want a key that looks like one, also where none is asked for. */
    private static final String NONE = "e2b_" + "0".repeat(40);

    private final Console console;

    @Option(
        names = {"-e", "--endpoint", "--server"},
        paramLabel = "URL",
        description = "The server (default: " + ApiTarget.HERE + ").")
    private String endpoint = ApiTarget.HERE;

    @Option(
        names = "--domain",
        paramLabel = "DOMAIN:PORT",
        description = "Use names below this domain instead, such as e2b.localhost:8443.")
    private Optional<String> domain = Optional.empty();

    @Option(
        names = {"--key", "--api-key"},
        paramLabel = "KEY",
        description =
            "The key to be printed; else E2B_API_KEY, else one that a server which asks for none takes.")
    private Optional<String> key = Optional.empty();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    E2b(Console console) {
      this.console = console;
    }

    @Override
    public int run() {
      Map<String, String> variables = variables();
      if (json) {
        ObjectNode object = JsonMapper.shared().createObjectNode();
        variables.forEach(object::put);
        console.print(PrettyJson.of(object) + "\n");
        return ExitCodes.OK;
      }
      StringBuilder text = new StringBuilder();
      variables.forEach((name, value) ->
          text.append("export ")
              .append(name)
              .append("='")
              .append(value.replace("'", "'\\''"))
              .append("'\n"));
      console.print(text.toString());
      return ExitCodes.OK;
    }

    private Optional<String> key() {
      return key.filter(text -> !text.isEmpty()).or(() -> console.env("E2B_API_KEY"));
    }

    /** A server that is there and asks for a key is better known now than by the first failure. */
    private void askForKey() {
      try (ApiClient client = ApiClient.at(endpoint, Optional.empty())) {
        if (key().isEmpty() && client.refusesWithoutKey("v2/sandboxes")) {
          console.complain(
              "the server asks for a key, and none was given: `%s keys create NAME` makes one in its directory, --key prints it here"
                  .formatted(console.program()));
        }
      }
    }

    private Map<String, String> variables() {
      Map<String, String> variables = new LinkedHashMap<>();
      if (domain.isPresent()) {
        if (!domain.get().matches("[A-Za-z0-9.-]+(:\\d{1,5})?")) {
          throw Failure.usage(
              "--domain: '%s' cannot be used; use a name such as e2b.localhost:8443"
                  .formatted(domain.get()),
              "");
        }
        Path authority = DunesServer.authority(console.directory()).resolve("ca.pem");
        if (!Files.isReadable(authority)) {
          throw new Failure(
              ExitCodes.ERROR,
              "there is no certificate of a server in this directory",
              "start one here with DUNES_E2B_TLS_PORT set, such as DUNES_E2B_TLS_PORT=8443 ds server");
        }
        variables.put("E2B_DOMAIN", domain.get());
        variables.put("NODE_EXTRA_CA_CERTS", authority.toAbsolutePath().normalize().toString());
        variables.put("SSL_CERT_FILE", authority.toAbsolutePath().normalize().toString());
      } else {
        askForKey();
        String address = endpoint.replaceAll("/+$", "");
        variables.put("E2B_API_URL", address);
        variables.put("E2B_SANDBOX_URL", address);
        variables.put("E2B_VOLUME_API_URL", address);
      }
      variables.put("E2B_API_KEY", key().orElse(NONE));
      return variables;
    }
  }
}
