package dev.dunes.cli;

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
      description = "The server's token; others on this machine can see it.")
  private Optional<String> token = Optional.empty();

  @Option(
      names = {"-n", "--no-token"},
      scope = ScopeType.INHERIT,
      description = "Send no token.")
  private boolean withoutToken;

  /** A connection; nothing is asked yet. */
  ApiClient open() {
    Optional<String> sent =
        withoutToken ? Optional.empty() : token.filter(value -> !value.isEmpty());
    return ApiClient.at(endpoint.orElse(HERE), sent);
  }
}
