package dev.dunes.provider.docker;

import java.nio.file.Path;
import java.util.Optional;

/** Where a daemon listens. */
sealed interface DaemonAddress {
  /** A Unix socket of this machine. */
  record Unix(Path socket) implements DaemonAddress {
    @Override
    public String toString() {
      return "unix://" + socket;
    }
  }

  /**
   * A TCP port.
   *
   * @param tls the directory with {@code ca.pem}, {@code cert.pem} and {@code key.pem}; in the
   *     clear when there is none
   */
  record Tcp(String host, int port, Optional<Path> tls) implements DaemonAddress {
    @Override
    public String toString() {
      return (tls.isPresent() ? "tcp+tls://" : "tcp://") + host + ":" + port;
    }
  }
}
