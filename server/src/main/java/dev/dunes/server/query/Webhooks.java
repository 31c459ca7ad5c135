package dev.dunes.server.query;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.session.Run;
import dev.dunes.session.RunRefusedException;
import dev.dunes.session.Runs;
import dev.dunes.session.Trigger;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Paths that {@code sandstorm.json} has made triggers. They have secrets of their own. */
final class Webhooks implements Route.Handler {
  private static final long LARGEST_BODY = 4L << 20;

  private final Runs runs;

  Webhooks(Runs runs) {
    this.runs = runs;
  }

  @Override
  public void handle(Exchange exchange) throws InterruptedException {
    Optional<Trigger.Webhook> webhook = runs.triggers().at(exchange.path());
    if (webhook.isEmpty()) {
      throw new HttpFailure(exchange.dialect().notFound());
    }
    if (!exchange.method().equals("POST")) {
      throw new HttpFailure(Reply.detail(405, "Method Not Allowed").with("allow", "POST"));
    }
    byte[] body = exchange.body(LARGEST_BODY);
    Map<String, String> headers = exchange.headers();
    if (!runs.triggers().admits(webhook.get(), headers, body)) {
      throw new HttpFailure(Reply.error(401, "invalid trigger secret"));
    }
    try {
      Run run = runs.triggers().fire(webhook.get(), json(body), headers);
      exchange.runId(run.id());
      exchange.send(
          Reply.json(
              202,
              Json.object()
                  .put("status", "accepted")
                  .put("trigger", webhook.get().name())
                  .put("run_id", run.id())));
    } catch (RunRefusedException e) {
      throw Refusals.of(e);
    }
  }

  private static JsonNode json(byte[] body) {
    if (body.length == 0) {
      return Json.object();
    }
    try {
      JsonNode node = Json.MAPPER.readTree(body);
      if (node != null && !node.isMissingNode()) {
        return node;
      }
    } catch (JacksonException e) {
      throw new HttpFailure(Reply.error(400, "invalid JSON body"));
    }
    throw new HttpFailure(Reply.error(400, "invalid JSON body"));
  }
}
