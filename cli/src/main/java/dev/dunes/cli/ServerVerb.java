package dev.dunes.cli;

import dev.dunes.server.ServerConfig;
import dev.dunes.server.ServerStartException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code ds server}: the server of the agent API, with a token. Agent API, sheet 2.11. */
@CommandLine.Command(
    description = {
      "Serves agents and sessions over HTTP until Ctrl-C or SIGTERM; what `ds serve` serves is there,",
      "too. Clients show the token as `Authorization: Bearer TOKEN`.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds server --token \"$(openssl rand -hex 32)\"",
      "  ds server --no-token -p 0",
      "  ds server -t secret -O https://app.example.com"
    })
final class ServerVerb implements Verb {
  /** Whoever started us with SIGTERM in mind gives us 5 s. Agent API, sheet 3.2. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final Console console;

  @Option(
      names = {"-H", "--host"},
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Where to listen (default: 127.0.0.1, this machine alone).")
  private String host = "127.0.0.1";

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      defaultValue = "2468",
      description = "The port, 0 for any (default: 2468).")
  private int port;

  @Option(
      names = {"-t", "--token"},
      paramLabel = "TOKEN",
      description =
          "What clients must show; else DUNES_TOKEN, which others on this machine cannot see.")
  private Optional<String> token = Optional.empty();

  @Option(
      names = {"-n", "--no-token"},
      description = "Answer everybody who reaches it; comes before --token.")
  private boolean withoutToken;

  @Option(
      names = {"-O", "--cors-allow-origin"},
      paramLabel = "ORIGIN",
      description = "Let pages of this origin ask. May be repeated.")
  private List<String> origins = new ArrayList<>();

  @Option(
      names = {"-M", "--cors-allow-method"},
      paramLabel = "METHOD",
      description = "With this method only. May be repeated.")
  private List<String> methods = new ArrayList<>();

  @Option(
      names = {"-A", "--cors-allow-header"},
      paramLabel = "HEADER",
      description = "With this header only. May be repeated.")
  private List<String> headers = new ArrayList<>();

  @Option(
      names = {"-C", "--cors-allow-credentials"},
      description = "With cookies and the like; needs --cors-allow-origin.")
  private boolean credentials;

  @Option(
      names = "--no-telemetry",
      description = "Taken for the sake of scripts: there is no telemetry.")
  @SuppressWarnings("UnusedVariable") // there is nothing to turn off
  private boolean noTelemetry;

  ServerVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    if (port < 0 || port > 65535) {
      throw Failure.usage("--port: '%d' cannot be used; use 0 to 65535".formatted(port), "");
    }
    Optional<String> key =
        token.or(() -> console.env("DUNES_TOKEN")).filter(value -> !value.isBlank());
    if (key.isEmpty() && !withoutToken) {
      // Word for word what those expect who start us; sheet 2.5.
      console.complain("missing --token or --no-token for server mode");
      return ExitCodes.ERROR;
    }
    try {
      return new Serving(console).untilToldToEnd(config(key), GRACE);
    } catch (IllegalArgumentException e) {
      throw new Failure(ExitCodes.ERROR, String.valueOf(e.getMessage()), "");
    } catch (ServerStartException e) {
      throw new Failure(ExitCodes.ERROR, String.valueOf(e.getMessage()), "");
    }
  }

  private ServerConfig config(Optional<String> key) {
    ServerConfig.Builder config =
        ServerConfig.builder(new LocalRuns(console).serving())
            .host(host)
            .port(port)
            .version(Main.VERSION);
    if (withoutToken) {
      config.noToken();
    } else {
      config.token(key.orElseThrow());
    }
    boolean cors = credentials || !origins.isEmpty() || !methods.isEmpty() || !headers.isEmpty();
    return (cors ? config.cors(origins, methods, headers, credentials) : config.withoutCors())
        .build();
  }
}
