package dev.dunes.cli;

import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The options every command of the agent API takes, where no server is asked. Sheet 2.11. */
final class UnusedToken {
  @Option(
      names = {"-t", "--token"},
      paramLabel = "TOKEN",
      scope = ScopeType.INHERIT,
      hidden = true,
      description = "Not needed: no server is asked.")
  @SuppressWarnings("UnusedVariable") // read by nobody, as it says
  private Optional<String> token = Optional.empty();

  @Option(
      names = {"-n", "--no-token"},
      scope = ScopeType.INHERIT,
      hidden = true,
      description = "Not needed: no server is asked.")
  @SuppressWarnings("UnusedVariable") // read by nobody, as it says
  private boolean withoutToken;
}
