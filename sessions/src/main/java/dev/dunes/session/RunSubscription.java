package dev.dunes.session;

import java.util.Optional;

/** The events of a run in their order, for one reader. */
public interface RunSubscription extends AutoCloseable {
  /**
   * The next event; blocks. Empty after the last one.
   *
   * @throws dev.dunes.sandbox.SandboxInterruptedException when the thread is interrupted
   */
  Optional<RunEvent> next();

  /** Stops listening. Safe to repeat, and from any thread. */
  @Override
  void close();
}
