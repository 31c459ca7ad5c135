package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * A way out of a sandbox: connections to a loopback port inside reach a Unix socket on the host.
 *
 * @param port the port on 127.0.0.1 inside the sandbox, 1024 to 65535
 * @param socket the Unix socket on the host; when there is none, connections are reset at once. A
 *     provider may look only when the sandbox is made, unless it is lasting
 * @param lasting whether the socket may be made anew while the sandbox is there: then connections
 *     reach the new one. The sandbox sees the directory of the socket for that, which must hold
 *     nothing else
 */
public record HostRelay(int port, Path socket, boolean lasting) {
  /** One whose socket stays what it is. */
  public HostRelay(int port, Path socket) {
    this(port, socket, false);
  }

  public HostRelay {
    requireNonNull(socket, "socket");
    if (port < 1024 || port > 65535) {
      throw InvalidRequestException.field("relays.port", port, "a port from 1024 to 65535");
    }
    if (!socket.isAbsolute()) {
      throw InvalidRequestException.field("relays.socket", socket, "an absolute path");
    }
  }
}
