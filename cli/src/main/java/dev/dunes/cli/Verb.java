package dev.dunes.cli;

/** What one verb of {@code ds} does, once its options have been read. */
@FunctionalInterface
interface Verb {
  /** Does it and returns the exit code. */
  int run();
}
