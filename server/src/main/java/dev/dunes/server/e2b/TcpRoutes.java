package dev.dunes.server.e2b;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.Hosting;
import dev.dunes.server.e2b.proxy.ProgramConnections;
import dev.dunes.server.e2b.proxy.TcpCarrier;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.SandboxRoutes;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.util.List;
import java.util.Optional;

/**
 * TCP to ports of a sandbox, whatever is spoken there, for whom the sandbox belongs to. An
 * extension of E2B's API. {@code docs/e2b.md} has the protocol.
 */
final class TcpRoutes {
  private final Hosting hosting;
  private final ProgramConnections connections;

  TcpRoutes(Hosting hosting, ProgramConnections connections) {
    this.hosting = hosting;
    this.connections = connections;
  }

  List<Route> routes(Gate gate) {
    return List.of(
        gate.route("GET", "/sandboxes/{id}/ports/{port}", this::look),
        gate.streaming("GET", "/sandboxes/{id}/ports/{port}/tcp", this::connect));
  }

  private Reply look(Exchange exchange, Account account) throws InterruptedException {
    String id = SandboxRoutes.id(exchange);
    int port = port(exchange);
    boolean listening =
        hosting.use(
            account, id, open -> connections.ports(open.sandbox()).listening().contains(port));
    return Reply.json(
        200, Json.object().put("sandboxID", id).put("port", port).put("listening", listening));
  }

  private Optional<Reply> connect(Exchange exchange, Account account) throws InterruptedException {
    String id = SandboxRoutes.id(exchange);
    int port = port(exchange);
    // The owner is known before the place is taken: nobody fills another's sandbox.
    hosting.get(account, id);
    try (ProgramConnections.Place _ = connections.enter(id)) {
      hosting.use(
          account,
          id,
          open -> {
            connections.connect(
                exchange, open, port, program -> TcpCarrier.carry(exchange, program));
            return id;
          });
    }
    return Optional.empty();
  }

  /** The one in the path. */
  static int port(Exchange exchange) {
    String text = exchange.parameter("port");
    if (text.matches("\\d{1,5}")) {
      int port = Integer.parseInt(text);
      if (port >= 1 && port <= 65_535) {
        return port;
      }
    }
    throw Failures.invalid("a port is a number from 1 to 65535");
  }
}
