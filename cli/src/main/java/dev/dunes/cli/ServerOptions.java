package dev.dunes.cli;

import dev.dunes.session.Settings;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which server is asked, and with which key. */
final class ServerOptions {
  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "Ask this server, such as http://localhost:8000.")
  private Optional<String> server = Optional.empty();

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      description = "The server's key; else DUNES_API_KEY or SANDSTORM_API_KEY.")
  private Optional<String> apiKey = Optional.empty();

  /** The server that is named. */
  Optional<Server> server(Console console) {
    return server.map(url -> Server.at(url, key(console)));
  }

  /** The server that is named, or else the one at this URL. */
  Server serverOr(Console console, String url) {
    return Server.at(server.orElse(url), key(console));
  }

  private Optional<String> key(Console console) {
    return apiKey
        .or(() -> new Settings(console.environment(), console.directory()).get("DUNES_API_KEY"))
        .filter(key -> !key.isEmpty());
  }
}
