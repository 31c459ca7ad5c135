package dev.dunes.server.e2b;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.Timestamps;
import dev.dunes.server.e2b.proxy.PreviewPass;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.SandboxJson;
import dev.dunes.server.hosted.SandboxRoutes;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where a port of a sandbox is found by a browser. It has an origin of its own there, so that its
 * pages can do nothing here. An extension of E2B's API.
 */
final class PreviewRoutes {
  private static final long USUAL_SECONDS = 3600;
  private static final long MOST_SECONDS = 86_400;

  private final Hosting hosting;
  private final SandboxJson sandboxes;

  PreviewRoutes(Hosting hosting, SandboxJson sandboxes) {
    this.hosting = hosting;
    this.sandboxes = sandboxes;
  }

  List<Route> routes(Gate gate) {
    return List.of(gate.route("POST", "/sandboxes/{id}/ports/{port}/preview", this::preview));
  }

  private Reply preview(Exchange exchange, Account account) throws InterruptedException {
    HostedSandbox sandbox = hosting.get(account, SandboxRoutes.id(exchange));
    int port = TcpRoutes.port(exchange);
    long seconds = Body.of(exchange).whole("expiresIn").orElse(USUAL_SECONDS);
    if (seconds < 1 || seconds > MOST_SECONDS) {
      throw Failures.invalid("expiresIn must be from 1 to %d seconds".formatted(MOST_SECONDS));
    }
    String place = "%d-%s.%s".formatted(port, sandbox.id(), host(exchange));
    String url = (exchange.secure() ? "https://" : "http://") + place + "/";
    ObjectNode json = Json.object();
    Optional<String> token = sandbox.trafficToken();
    if (token.isEmpty()) {
      return Reply.json(200, json.put("url", url));
    }
    Instant until = Instant.now().plus(Duration.ofSeconds(seconds));
    String pass = PreviewPass.sign(token.get(), port, until).text();
    return Reply.json(
        200,
        json.put("url", "%s?%s=%s".formatted(url, PreviewPass.NAME, pass))
            .put("expiresAt", Timestamps.text(until)));
  }

  /** Browsers know that all names below localhost are this machine. */
  private String host(Exchange exchange) {
    Optional<String> domain = sandboxes.domain(exchange);
    if (domain.isPresent()) {
      return domain.get();
    }
    String own = exchange.header("host").orElse("localhost");
    int colon = own.lastIndexOf(':');
    String port = colon > own.lastIndexOf(']') ? own.substring(colon) : "";
    return "localhost" + port;
  }
}
