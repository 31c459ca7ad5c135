package dev.dunes.server.e2b.code;

import java.util.Optional;

/**
 * A program in a sandbox that runs cells, one after another, and keeps what they leave. What it
 * says is not trusted. It ends with its sandbox. Safe for use by several threads, except that one
 * cell runs at a time.
 */
interface Kernel {
  /**
   * Starts a cell. Its end must be awaited before the next one.
   *
   * @return what it says; the last event is always one that ends it
   */
  KernelEvents run(Cell cell);

  /** Asks the code that runs to stop; no effect when none does. */
  void interrupt();

  boolean alive();

  /** Why it is not alive any more. */
  Optional<String> epitaph();

  /** Ends it with everything it has started. */
  void kill();
}
