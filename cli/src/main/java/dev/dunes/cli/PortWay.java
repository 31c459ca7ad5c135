package dev.dunes.cli;

import java.io.IOException;
import java.net.Socket;
import java.util.Optional;

/** How connections get to a port of a sandbox. */
interface PortWay extends AutoCloseable {
  /** Whether something listens at the port now. */
  boolean listening();

  /**
   * Carries one connection until both sides have ended it, or one has gone. The socket is closed by
   * who calls; what was not carried whole is reset.
   *
   * @throws IOException when it could not be carried, with what to tell about it
   */
  void carry(Socket client) throws IOException, InterruptedException;

  /** Why the sandbox cannot be reached ever again; empty while it can, or will. */
  Optional<String> ended();

  @Override
  void close();
}
