package dev.dunes.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What an agent is asked, with everything that was said about it on the command line.
 *
 * @param files contents by path in the sandbox's home
 * @param keys of model providers, see {@link Keys}
 */
record Question(
    String prompt,
    Optional<String> model,
    OptionalInt maxTurns,
    OptionalInt timeoutSeconds,
    Map<String, byte[]> files,
    Keys keys,
    Optional<String> resume,
    boolean fork,
    OptionalDouble budgetUsd,
    boolean keepSession,
    Optional<List<String>> allowedTools,
    Optional<String> agent,
    Optional<String> provider) {
  /** Keys that came with options; else those of the environment count. */
  record Keys(Optional<String> anthropic, Optional<String> openrouter, Optional<String> e2b) {
    static final Keys NONE = new Keys(Optional.empty(), Optional.empty(), Optional.empty());

    /** Which there are, never their values. */
    @Override
    public String toString() {
      return "Keys[%b, %b, %b]"
          .formatted(anthropic.isPresent(), openrouter.isPresent(), e2b.isPresent());
    }
  }

  /** Nothing but a prompt. */
  static Question of(String prompt) {
    return new Question(
        prompt,
        Optional.empty(),
        OptionalInt.empty(),
        OptionalInt.empty(),
        Map.of(),
        Keys.NONE,
        Optional.empty(),
        false,
        OptionalDouble.empty(),
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
