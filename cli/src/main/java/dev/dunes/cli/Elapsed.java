package dev.dunes.cli;

/** How long something took, for people. */
final class Elapsed {
  private Elapsed() {}

  static long millisSince(long startNanos) {
    return (System.nanoTime() - startNanos) / 1_000_000;
  }

  static String since(long startNanos) {
    return millisSince(startNanos) + " ms";
  }
}
