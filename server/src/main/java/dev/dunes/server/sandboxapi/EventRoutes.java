package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.EventLog;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.HostingEvent;
import dev.dunes.hosting.Timestamps;
import dev.dunes.hosting.Webhook;
import dev.dunes.hosting.WebhookChange;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.Query;
import dev.dunes.server.hosted.SandboxRoutes;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Events and webhooks over HTTP. Sandbox API 2.6. */
final class EventRoutes {
  private static final int DEFAULT = 100;

  private final Hosting hosting;

  EventRoutes(Hosting hosting) {
    this.hosting = hosting;
  }

  List<Route> routes(Gate gate) {
    List<Route> routes =
        new ArrayList<>(
            List.of(
                gate.route("GET", "/events/sandboxes", (e, a) -> events(e, a, Optional.empty())),
                gate.route(
                    "GET",
                    "/events/sandboxes/{id}",
                    (e, a) -> events(e, a, Optional.of(SandboxRoutes.id(e))))));
    for (String base : List.of("/events/webhooks", "/webhooks")) {
      routes.add(gate.route("POST", base, this::create));
      routes.add(gate.route("GET", base, this::list));
      routes.add(gate.route("GET", base + "/{webhookId}", this::get));
      routes.add(gate.route("PATCH", base + "/{webhookId}", this::change));
      routes.add(gate.route("DELETE", base + "/{webhookId}", this::delete));
    }
    return routes;
  }

  private Reply events(Exchange exchange, Account account, Optional<String> sandbox) {
    int limit = (int) Query.number(exchange, "limit", DEFAULT, 1, EventLog.KEPT);
    ArrayNode rows = Json.MAPPER.createArrayNode();
    for (HostingEvent event : hosting.events().newest(account, sandbox, limit)) {
      rows.add(Json.MAPPER.<ObjectNode>valueToTree(event.wire()));
    }
    return Reply.json(200, rows);
  }

  private Reply create(Exchange exchange, Account account) throws InterruptedException {
    return Reply.json(201, json(hosting.webhooks().create(account, change(exchange))));
  }

  private Reply list(Exchange exchange, Account account) {
    ArrayNode rows = Json.MAPPER.createArrayNode();
    hosting.webhooks().list(account).forEach(webhook -> rows.add(json(webhook)));
    return Reply.json(200, rows);
  }

  private Reply get(Exchange exchange, Account account) {
    return Reply.json(200, json(hosting.webhooks().get(account, exchange.parameter("webhookId"))));
  }

  private Reply change(Exchange exchange, Account account) throws InterruptedException {
    String id = exchange.parameter("webhookId");
    return Reply.json(200, json(hosting.webhooks().change(account, id, change(exchange))));
  }

  private Reply delete(Exchange exchange, Account account) {
    hosting.webhooks().delete(account, exchange.parameter("webhookId"));
    return Reply.empty(204);
  }

  private static WebhookChange change(Exchange exchange) throws InterruptedException {
    Body body = Body.of(exchange);
    return new WebhookChange(
        body.text("name"),
        body.text("url"),
        body.flag("enabled"),
        body.texts("events"),
        body.text("signatureSecret"));
  }

  private static ObjectNode json(Webhook webhook) {
    ObjectNode json =
        Json.object()
            .put("id", webhook.id())
            .put("name", webhook.name())
            .put("url", webhook.url().toString())
            .put("enabled", webhook.enabled());
    ArrayNode events = json.putArray("events");
    webhook.events().forEach(events::add);
    return json.put("createdAt", Timestamps.text(webhook.createdAt()));
  }
}
