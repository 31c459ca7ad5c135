package dev.dunes.server.e2b.proxy;

import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.e2b.SandboxPort;
import dev.dunes.server.http.Exchange;
import java.io.IOException;
import java.net.Socket;
import java.util.function.Predicate;

/**
 * Every port that this server does not serve itself: requests are carried to the program that
 * listens there, answers come back as they are made. E2B wire 2.5.
 */
public final class ProgramPort implements SandboxPort {
  private final Predicate<String> ownKey;
  private final ProgramConnections connections;

  /**
   * @param ownKey whether a text is a key of this server, which programs in a sandbox must not see
   */
  public ProgramPort(Predicate<String> ownKey, ProgramConnections connections) {
    this.ownKey = ownKey;
    this.connections = connections;
  }

  @Override
  public void admit(Exchange exchange, PortCall call) {
    Admission.check(exchange, call);
  }

  @Override
  public void serve(Exchange exchange, PortCall call) throws InterruptedException {
    Admission admission = Admission.of(exchange, call);
    String id = call.sandbox().id();
    try (ProgramConnections.Place _ = connections.enter(id)) {
      call.use(open -> {
        connections.connect(
            exchange, open, call.port(), socket -> carry(exchange, call, socket, admission));
        return id;
      });
    }
  }

  private void carry(Exchange exchange, PortCall call, Socket socket, Admission admission)
      throws IOException, InterruptedException {
    if (!call.sandbox().httpsPorts().contains(call.port())) {
      new Carrier(exchange, call, socket, admission, ownKey).run();
      return;
    }
    try (Socket secure = ProgramTls.over(socket, exchange, call)) {
      new Carrier(exchange, call, secure, admission, ownKey).run();
    }
  }
}
