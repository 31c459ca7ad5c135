package dev.dunes.cli;

import dev.dunes.session.Dunes;
import dev.dunes.session.SessionException;
import dev.dunes.session.Sessions;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Which server of the agent API is asked, and with which token. Agent API, sheet 2.11. */
final class ApiTarget {
  static final String HERE = "http://127.0.0.1:2468";

  @Option(
      names = {"-e", "--endpoint"},
      paramLabel = "URL",
      scope = ScopeType.INHERIT,
      description = "The server (default: " + HERE + ").")
  private Optional<String> endpoint = Optional.empty();

  @Option(
      names = {"-t", "--token"},
      paramLabel = "TOKEN",
      scope = ScopeType.INHERIT,
      description =
          "The server's token; else DUNES_TOKEN, which others on this machine cannot see.")
  private Optional<String> token = Optional.empty();

  @Option(
      names = {"-n", "--no-token"},
      scope = ScopeType.INHERIT,
      description = "Send no token.")
  private boolean withoutToken;

  /** Whether a server is named. */
  boolean named() {
    return endpoint.isPresent();
  }

  /** A connection; nothing is asked yet. */
  ApiClient open(Console console) {
    return ApiClient.at(endpoint.orElse(HERE), sent(console));
  }

  /** The sessions of the server, which is there. */
  Sessions sessions(Console console) {
    try {
      URI server = new URI(endpoint.orElse(HERE));
      Optional<String> shown = sent(console);
      return shown.isPresent() ? Dunes.connect(server, shown.get()) : Dunes.connect(server);
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw Failure.usage(
          "--endpoint: '%s' cannot be used; use a URL such as %s"
              .formatted(endpoint.orElse(HERE), HERE),
          "");
    } catch (SessionException e) {
      throw SessionFailures.of(e);
    }
  }

  private Optional<String> sent(Console console) {
    return withoutToken
        ? Optional.empty()
        : token.filter(value -> !value.isEmpty()).or(() -> console.env("DUNES_TOKEN"));
  }
}
