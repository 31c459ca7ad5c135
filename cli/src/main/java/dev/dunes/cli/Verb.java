package dev.dunes.cli;

import java.util.Map;

/** What one verb of {@code ds} does, once its options have been read. */
@FunctionalInterface
interface Verb {
  /** Does it and returns the exit code. */
  int run();

  /** The verbs below this one by their words, in the order in which to show them. */
  default Map<String, Verb> parts() {
    return Map.of();
  }
}
