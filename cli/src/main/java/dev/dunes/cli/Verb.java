package dev.dunes.cli;

import java.util.Map;

/** What one verb of {@code ds} does, once its options have been read. */
@FunctionalInterface
interface Verb {
  /** Does it and returns the exit code. */
  int run();

  /**
   * Takes the only word there is, which is no option. For verbs that start often: what the option
   * parser does to find out about a class with many options takes longer than opening a sandbox.
   *
   * @return false when the option parser has to be asked
   */
  default boolean takesAlone(String word) {
    return false;
  }

  /** The verbs below this one by their words, in the order in which to show them. */
  default Map<String, Verb> parts() {
    return Map.of();
  }
}
