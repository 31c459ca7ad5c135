package dev.dunes.cli;

import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * Keys on the command line, where other users of the machine can see them; else the environment.
 */
final class KeyOptions {
  @Option(
      names = {"--anthropic-api-key", "--anthropic-key"},
      paramLabel = "KEY",
      description = "Key for Anthropic; else ANTHROPIC_API_KEY.")
  private Optional<String> anthropic = Optional.empty();

  @Option(
      names = {"--openrouter-api-key", "--openrouter-key"},
      paramLabel = "KEY",
      description = "Key for OpenRouter; else OPENROUTER_API_KEY.")
  private Optional<String> openrouter = Optional.empty();

  @Option(
      names = "--e2b-api-key",
      paramLabel = "KEY",
      description = "Key for E2B; else E2B_API_KEY.")
  private Optional<String> e2b = Optional.empty();

  Question.Keys keys() {
    return new Question.Keys(given(anthropic), given(openrouter), given(e2b));
  }

  private static Optional<String> given(Optional<String> key) {
    return key.filter(text -> !text.isEmpty());
  }
}
