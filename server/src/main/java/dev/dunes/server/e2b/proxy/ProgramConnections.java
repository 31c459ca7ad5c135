package dev.dunes.server.e2b.proxy;

import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.PortAccess.ExposedPort;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.server.e2b.Gone;
import dev.dunes.server.hosted.CodeDialect;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import java.io.IOException;
import java.net.Socket;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections to programs that listen in sandboxes; of each sandbox so many at a time. */
public final class ProgramConnections {
  private static final Logger LOG = LoggerFactory.getLogger(ProgramConnections.class);
  private static final int CONNECT_MILLIS = 10_000;
  private static final int MOST = 512;

  private final Map<String, Integer> open = new ConcurrentHashMap<>();

  /** Room for one connection, to be given back. */
  public interface Place extends AutoCloseable {
    @Override
    void close();
  }

  /** Talks with a program. */
  @FunctionalInterface
  public interface Work {
    void with(Socket program) throws IOException, InterruptedException;
  }

  /**
   * Room for a connection to a sandbox.
   *
   * @throws HttpFailure 429 when it has as many as it may
   */
  public Place enter(String sandbox) {
    Place place =
        () -> open.computeIfPresent(sandbox, (id, count) -> count == 1 ? null : count - 1);
    if (open.merge(sandbox, 1, Integer::sum) > MOST) {
      place.close();
      throw new HttpFailure(Gone.tooMany(sandbox, MOST));
    }
    return place;
  }

  /** How a sandbox lets others at its ports. */
  public PortAccess ports(Sandbox sandbox) {
    return sandbox
        .ports()
        .orElseThrow(() ->
            new HttpFailure(
                CodeDialect.reply(
                    501,
                    "provider '%s' cannot reach ports of a sandbox".formatted(sandbox.provider()),
                    Optional.of("unsupported"))));
  }

  /**
   * Connects to a port, for as long as the work takes.
   *
   * @throws HttpFailure 502 when nothing listens there, or it breaks off
   */
  public void connect(Exchange exchange, OpenSandbox sandbox, int port, Work work)
      throws InterruptedException {
    PortAccess ports = ports(sandbox.sandbox());
    String id = sandbox.info().id();
    if (!ports.listening().contains(port)) {
      throw new HttpFailure(Gone.closedPort(exchange, id, port));
    }
    try (ExposedPort exposed = ports.expose(port);
        Socket socket = new Socket()) {
      socket.setTcpNoDelay(true);
      socket.connect(exposed.address(), CONNECT_MILLIS);
      work.with(socket);
    } catch (IOException e) {
      LOG.debug("request {}: the program in the sandbox broke off", exchange.id(), e);
      throw new HttpFailure(Gone.closedPort(exchange, id, port));
    }
  }
}
