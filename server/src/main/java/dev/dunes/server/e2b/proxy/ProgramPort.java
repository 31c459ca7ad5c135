package dev.dunes.server.e2b.proxy;

import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.PortAccess.ExposedPort;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.server.e2b.Gone;
import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.e2b.SandboxPort;
import dev.dunes.server.hosted.CodeDialect;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import java.io.IOException;
import java.net.Socket;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every port that this server does not serve itself: requests are carried to the program that
 * listens there, answers come back as they are made. E2B wire 2.5.
 */
public final class ProgramPort implements SandboxPort {
  private static final Logger LOG = LoggerFactory.getLogger(ProgramPort.class);
  private static final int CONNECT_MILLIS = 10_000;

  /** Requests of one sandbox at a time. */
  private static final int MOST_CONNECTIONS = 512;

  private final Predicate<String> ownKey;
  private final Map<String, Integer> open = new ConcurrentHashMap<>();

  /**
   * @param ownKey whether a text is a key of this server, which programs in a sandbox must not see
   */
  public ProgramPort(Predicate<String> ownKey) {
    this.ownKey = ownKey;
  }

  @Override
  public void serve(Exchange exchange, PortCall call) throws InterruptedException {
    Admission admission = Admission.of(exchange, call);
    String id = call.sandbox().id();
    if (open.merge(id, 1, Integer::sum) > MOST_CONNECTIONS) {
      leave(id);
      throw new HttpFailure(Gone.tooMany(id, MOST_CONNECTIONS));
    }
    try {
      call.use(sandbox -> {
        carry(exchange, call, sandbox.sandbox(), admission);
        return id;
      });
    } finally {
      leave(id);
    }
  }

  private void leave(String id) {
    open.computeIfPresent(id, (same, count) -> count == 1 ? null : count - 1);
  }

  private void carry(Exchange exchange, PortCall call, Sandbox sandbox, Admission admission)
      throws InterruptedException {
    PortAccess ports =
        sandbox
            .ports()
            .orElseThrow(() ->
                new HttpFailure(
                    CodeDialect.reply(
                        501,
                        "provider '%s' cannot reach ports of a sandbox"
                            .formatted(sandbox.provider()),
                        Optional.of("unsupported"))));
    if (!ports.listening().contains(call.port())) {
      throw closed(exchange, call);
    }
    try (ExposedPort exposed = ports.expose(call.port());
        Socket socket = new Socket()) {
      socket.setTcpNoDelay(true);
      socket.connect(exposed.address(), CONNECT_MILLIS);
      new Carrier(exchange, call, socket, admission, ownKey).run();
    } catch (IOException e) {
      LOG.debug("request {}: the program in the sandbox broke off", exchange.id(), e);
      throw closed(exchange, call);
    }
  }

  private static HttpFailure closed(Exchange exchange, PortCall call) {
    return new HttpFailure(Gone.closedPort(exchange, call.sandbox().id(), call.port()));
  }
}
