package dev.dunes.server.e2b;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.Copies;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.SavedSnapshot;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.Query;
import dev.dunes.server.hosted.SandboxJson;
import dev.dunes.server.hosted.SandboxRoutes;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Snapshots and forks. E2B wire 2.3; files are copied, processes are not. */
final class CopyRoutes {
  private static final long MOST_FORKS = 100;
  private static final long FORK_TIMEOUT = 15;
  private static final int MOST_ON_PAGE = 100;

  private final Hosting hosting;
  private final SandboxJson json;

  CopyRoutes(Hosting hosting, SandboxJson json) {
    this.hosting = hosting;
    this.json = json;
  }

  List<Route> routes(Gate gate) {
    return List.of(
        gate.route("POST", "/sandboxes/{id}/fork", this::fork),
        gate.route("POST", "/sandboxes/{id}/snapshots", this::save),
        gate.route("GET", "/snapshots", this::list));
  }

  private Reply fork(Exchange exchange, Account account) throws InterruptedException {
    Body body = Body.of(exchange);
    long count = body.whole("count").orElse(1);
    if (count < 1 || count > MOST_FORKS) {
      throw Failures.invalid("count must be from 1 to " + MOST_FORKS);
    }
    Duration timeout = body.seconds("timeout").orElse(Duration.ofSeconds(FORK_TIMEOUT));
    ArrayNode rows = Json.MAPPER.createArrayNode();
    for (Copies.Fork fork :
        hosting.copies().fork(account, SandboxRoutes.id(exchange), timeout, (int) count)) {
      ObjectNode row = rows.addObject();
      fork.sandbox().ifPresent(made -> row.set("sandbox", json.of(exchange, made)));
      fork.failure()
          .ifPresent(failure -> {
            Reply refusal = Failures.of(failure);
            row.set("error", Json.MAPPER.readTree(refusal.body()));
          });
    }
    return Reply.json(201, rows);
  }

  private Reply save(Exchange exchange, Account account) throws InterruptedException {
    Optional<String> name = Body.of(exchange).text("name").filter(text -> !text.isBlank());
    return Reply.json(
        201, snapshot(hosting.copies().save(account, SandboxRoutes.id(exchange), name)));
  }

  private Reply list(Exchange exchange, Account account) {
    Optional<String> sandbox = exchange.query("sandboxID").filter(text -> !text.isEmpty());
    Optional<String> name = exchange.query("name").filter(text -> !text.isEmpty());
    int limit = (int) Query.number(exchange, "limit", MOST_ON_PAGE, 1, MOST_ON_PAGE);
    List<SavedSnapshot> matching =
        hosting.copies().list(account).stream()
            .filter(saved -> sandbox.isEmpty() || saved.sandbox().equals(sandbox.get()))
            .filter(saved -> name.isEmpty() || named(saved, name.get()))
            .toList();
    int from =
        exchange
            .query("nextToken")
            .filter(text -> !text.isEmpty())
            .map(text -> after(matching, text))
            .orElse(0);
    List<SavedSnapshot> page = matching.stream().skip(from).limit(limit).toList();
    ArrayNode rows = Json.MAPPER.createArrayNode();
    page.forEach(saved -> rows.add(snapshot(saved)));
    Reply reply = Reply.json(200, rows);
    return from + page.size() < matching.size()
        ? reply.with("x-next-token", token(page.getLast()))
        : reply;
  }

  private static boolean named(SavedSnapshot saved, String name) {
    String plain = name.substring(name.lastIndexOf('/') + 1);
    return saved.names().stream().anyMatch(own -> own.equals(plain) || own.startsWith(plain + ":"));
  }

  private static String token(SavedSnapshot last) {
    return Base64.getUrlEncoder().encodeToString(last.id().getBytes(StandardCharsets.UTF_8));
  }

  private static int after(List<SavedSnapshot> all, String token) {
    for (int i = 0; i < all.size(); i++) {
      if (token(all.get(i)).equals(token)) {
        return i + 1;
      }
    }
    throw Failures.invalid("Invalid next token");
  }

  private static ObjectNode snapshot(SavedSnapshot saved) {
    ObjectNode json = Json.object().put("snapshotID", saved.id());
    ArrayNode names = json.putArray("names");
    saved.names().forEach(names::add);
    return json;
  }
}
