package dev.dunes.server.ops;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Keys;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.session.Runs;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Health, documents and metrics. */
public final class OpsFace {
  private static final ObjectNode HOME = Json.object().put("name", "Dunes").put("docs", "/docs");
  private static final String HTML = "text/html; charset=utf-8";

  private final Health health;
  private final Metrics metrics;
  private final ApiDocument document;

  public OpsFace(Runs runs, Keys keys, Metrics metrics, String version) {
    this.health = new Health(runs, keys, version);
    this.metrics = metrics;
    this.document = new ApiDocument(version);
  }

  /** What this face answers. */
  public List<Route> routes() {
    return List.of(
        Route.open("GET", "/", this::home),
        Route.open("GET", "/docs", exchange -> page(exchange, document.page())),
        Route.open(
            "GET", "/openapi.json", exchange -> exchange.send(Reply.json(200, document.json()))),
        Route.open(
            "GET", "/health", exchange -> exchange.send(Reply.json(200, health.report(exchange)))),
        Route.of("GET", "/metrics", this::metrics));
  }

  private void home(Exchange exchange) throws InterruptedException {
    if (exchange.header("accept").filter(type -> type.contains("application/json")).isPresent()) {
      exchange.send(Reply.json(200, HOME));
    } else {
      page(exchange, document.home());
    }
  }

  private static void page(Exchange exchange, String html) throws InterruptedException {
    exchange.send(
        Reply.text(200, HTML, html)
            .with("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
            .with("x-content-type-options", "nosniff"));
  }

  private void metrics(Exchange exchange) throws InterruptedException {
    exchange.send(Reply.text(200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape()));
  }
}
