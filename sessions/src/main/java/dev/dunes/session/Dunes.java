package dev.dunes.session;

import dev.dunes.session.remote.RemoteSessions;
import java.net.URI;
import java.util.Optional;

/**
 * Where sessions with agents come from: this process, or a server. What is done with them is the
 * same.
 *
 * {@snippet :
 * try (Sessions sessions = Dunes.open()) {
 *   Session session = sessions.create("s1", SessionSpec.builder("claude").build());
 *   session.send(new Prompt("Write a haiku into haiku.txt"));
 * }
 * }
 */
public final class Dunes {
  private Dunes() {}

  /**
   * Sessions of this process, set up by the environment and the working directory.
   *
   * @throws RunRefusedException of reason {@code CONFIG} when a setting cannot be
   */
  public static Sessions open() {
    return open(RunsConfig.builder().build());
  }

  /**
   * Sessions of this process. Closing them ends their turns and destroys their sandboxes.
   *
   * @throws RunRefusedException of reason {@code CONFIG} when a setting cannot be
   */
  public static Sessions open(RunsConfig config) {
    Runs runs = Runs.open(config);
    return new OwnedSessions(runs.sessions(), runs);
  }

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
