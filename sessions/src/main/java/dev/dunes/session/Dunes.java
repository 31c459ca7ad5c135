package dev.dunes.session;

import dev.dunes.session.remote.RemoteSessions;
import java.net.URI;
import java.util.Optional;

/** Where sessions with agents come from. */
public final class Dunes {
  private Dunes() {}

  /**
   * Sessions of a server that asks for no token.
   *
   * @param server such as {@code http://127.0.0.1:2468}
   * @throws IllegalArgumentException when the address is none of HTTP
   * @throws SessionException {@code stream_error} when no server answers there
   */
  public static Sessions connect(URI server) {
    return RemoteSessions.connect(server, Optional.empty());
  }

  /**
   * Sessions of a server. Closing them ends the connections; the sessions go on.
   *
   * @param server such as {@code http://127.0.0.1:2468}
   * @param token what the server was started with
   * @throws IllegalArgumentException when the address is none of HTTP
   * @throws SessionException {@code stream_error} when no server answers there
   */
  public static Sessions connect(URI server, String token) {
    return RemoteSessions.connect(server, Optional.of(token));
  }
}
