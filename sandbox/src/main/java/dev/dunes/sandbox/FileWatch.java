package dev.dunes.sandbox;

import java.time.Duration;
import java.util.Optional;

/**
 * Changes below a directory of a sandbox, in the order they happened, from the moment the watch was
 * made.
 */
public interface FileWatch extends AutoCloseable {
  /** The next change; waits at most so long. Empty when none came, or when the watch has ended. */
  Optional<FileChange> next(Duration limit);

  /** Whether the watch has ended: it was closed, or its sandbox is gone. */
  boolean ended();

  @Override
  void close();
}
