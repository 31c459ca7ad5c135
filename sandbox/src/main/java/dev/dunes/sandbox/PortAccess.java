package dev.dunes.sandbox;

import java.io.Closeable;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/** The capability to reach servers that run inside a sandbox. */
public interface PortAccess {
  /**
   * Makes a port of the sandbox reachable at an address of this machine's loopback, until closed.
   */
  ExposedPort expose(int port);

  /** The TCP ports on which something listens inside. */
  List<Integer> listening();

  /**
   * Waits until something listens on a port inside; {@link SandboxTimeoutException} when nothing
   * does in time.
   */
  void awaitListening(int port, Duration limit);

  /** A port of a sandbox that can be reached from here. */
  interface ExposedPort extends Closeable {
    /** The port inside the sandbox. */
    int port();

    /** Where to connect to. */
    InetSocketAddress address();

    /** {@link #address()} as an http URI. */
    URI uri();

    /** Stops it; open connections end. */
    @Override
    void close();
  }
}
