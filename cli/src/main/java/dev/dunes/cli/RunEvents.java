package dev.dunes.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** The events of one run of an agent, here or at a server. */
interface RunEvents extends AutoCloseable {
  /** The run's id. */
  String id();

  /** The next event as one JSON object without a line end; blocks. Empty after the last one. */
  Optional<byte[]> next();

  /**
   * A file the run made that was too large for its event.
   *
   * @throws IOException when it cannot be had
   */
  InputStream file(String relativePath) throws IOException;

  /** Ends the run and waits until its sandbox is gone. Safe to repeat, and from any thread. */
  void cancel();

  /** Lets go of the run; one that has not ended is ended. */
  @Override
  void close();
}
