package dev.dunes.bench;

import java.io.IOException;

/**
 * Set when somebody breaks the run off: from then on nothing is made that would have to be removed.
 */
final class Stop {
  private static volatile boolean requested;

  private Stop() {}

  static void request() {
    requested = true;
  }

  /** To be asked before something is made. */
  static void check() throws IOException {
    if (requested) {
      throw new IOException("broken off");
    }
  }
}
