package dev.dunes.server.e2b;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.SecretInfo;
import dev.dunes.hosting.Secrets;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.Query;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Secrets from their making to their end; no answer has a value. E2B wire 2.4. */
final class SecretRoutes {
  private static final int ON_PAGE = 100;

  private final Hosting hosting;

  SecretRoutes(Hosting hosting) {
    this.hosting = hosting;
  }

  List<Route> routes(Gate gate) {
    return List.of(
        gate.route("POST", "/secrets", this::create),
        gate.route("GET", "/secrets", this::list),
        gate.route("GET", "/secrets/{id}", this::get),
        gate.route("POST", "/secrets/{id}", this::update),
        gate.route("DELETE", "/secrets/{id}", this::delete));
  }

  private Reply create(Exchange exchange, Account account) throws InterruptedException {
    Body body = Body.of(exchange);
    SecretInfo made =
        hosting
            .secrets()
            .create(account, body.required("name"), body.required("value"), body.map("metadata"));
    return Reply.json(201, json(made));
  }

  /** A page begins after the name that the token of the one before says. */
  private Reply list(Exchange exchange, Account account) {
    int limit = (int) Query.number(exchange, "limit", ON_PAGE, 1, Secrets.MOST);
    String after = exchange.query("nextToken").orElse("");
    List<SecretInfo> rest =
        hosting.secrets().list(account).stream()
            .filter(each -> each.name().compareTo(name(after)) > 0)
            .toList();
    ArrayNode rows = Json.MAPPER.createArrayNode();
    rest.stream().limit(limit).map(SecretRoutes::json).forEach(rows::add);
    Reply reply = Reply.json(200, rows);
    return rest.size() > limit
        ? reply.with("x-next-token", token(rest.get(limit - 1).name()))
        : reply;
  }

  private static String token(String name) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(name.getBytes(UTF_8));
  }

  private static String name(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), UTF_8);
    } catch (IllegalArgumentException e) {
      throw Failures.invalid("Invalid next token");
    }
  }

  private Reply get(Exchange exchange, Account account) {
    return Reply.json(200, json(hosting.secrets().get(account, exchange.parameter("id"))));
  }

  private Reply update(Exchange exchange, Account account) throws InterruptedException {
    Body body = Body.of(exchange);
    Optional<Map<String, String>> metadata =
        body.object("metadata").isPresent() ? Optional.of(body.map("metadata")) : Optional.empty();
    return Reply.json(
        200,
        json(
            hosting
                .secrets()
                .update(account, exchange.parameter("id"), body.required("value"), metadata)));
  }

  private Reply delete(Exchange exchange, Account account) {
    hosting.secrets().delete(account, exchange.parameter("id"));
    return Reply.empty(204);
  }

  private static ObjectNode json(SecretInfo secret) {
    ObjectNode json =
        Json.object()
            .put("secretID", secret.id())
            .put("name", secret.name())
            .put("currentVersion", secret.version());
    ObjectNode metadata = json.putObject("metadata");
    secret.metadata().forEach(metadata::put);
    return json.put("createdAt", secret.createdAt().toString())
        .put("updatedAt", secret.updatedAt().toString());
  }
}
