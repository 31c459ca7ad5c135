package dev.dunes.session;

import java.util.List;

/** Reads events of a session, each once, in order. For one thread. */
public interface SessionEvents extends AutoCloseable {
  /**
   * The next ones, at least one, as many as there are up to some hundreds; blocks until there is
   * one. Empty once there will be none.
   *
   * <p>A reader that is slow slows nobody: what it has not read stays in the journal.
   *
   * @throws InterruptedException when the thread is interrupted while it waits
   */
  List<SessionEvent> next() throws InterruptedException;

  /** Lets go; a thread that waits in {@link #next} gets nothing more. */
  @Override
  void close();
}
