package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.ApiKey;
import dev.dunes.hosting.ApiKeys;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.Timestamps;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.CodeDialect;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Keys over HTTP, for the main account only. */
final class KeyRoutes {
  private final Hosting hosting;

  KeyRoutes(Hosting hosting) {
    this.hosting = hosting;
  }

  List<Route> routes(Gate gate) {
    return List.of(
        gate.route("POST", "/api-keys", this::create),
        gate.route("GET", "/api-keys", this::list),
        gate.route("DELETE", "/api-keys/{keyId}", this::revoke));
  }

  private Reply create(Exchange exchange, Account account) throws InterruptedException {
    requireMain(account);
    Body body = Body.of(exchange);
    try {
      ApiKeys.Created made = hosting.keys().create(body.required("name"), body.map("limits"));
      return Reply.json(201, json(made.key()).put("key", made.secret()));
    } catch (IllegalArgumentException e) {
      throw Failures.invalid(String.valueOf(e.getMessage()));
    }
  }

  private Reply list(Exchange exchange, Account account) {
    requireMain(account);
    ArrayNode rows = Json.MAPPER.createArrayNode();
    hosting.keys().list().forEach(key -> rows.add(json(key)));
    return Reply.json(200, rows);
  }

  private Reply revoke(Exchange exchange, Account account) {
    requireMain(account);
    String id = exchange.parameter("keyId");
    if (!hosting.keys().revoke(id)) {
      throw Failures.notFound("no key '%s' that is not revoked".formatted(id));
    }
    return Reply.empty(204);
  }

  private static void requireMain(Account account) {
    if (!account.main()) {
      throw new HttpFailure(
          CodeDialect.reply(403, "keys are made and revoked with the server's own key"));
    }
  }

  private static ObjectNode json(ApiKey key) {
    ObjectNode json =
        Json.object()
            .put("id", key.id())
            .put("name", key.name())
            .put("prefix", key.prefix())
            .put("createdAt", Timestamps.text(key.createdAt()));
    key.revokedAt().ifPresent(at -> json.put("revokedAt", Timestamps.text(at)));
    ObjectNode limits = json.putObject("limits");
    key.limits().forEach(limits::put);
    return json;
  }
}
