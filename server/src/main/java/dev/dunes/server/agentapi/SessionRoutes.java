package dev.dunes.server.agentapi;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.server.v1.Fields;
import dev.dunes.server.v1.JsonBody;
import dev.dunes.server.v1.Parameters;
import dev.dunes.server.v1.Problem;
import dev.dunes.session.Session;
import dev.dunes.session.SessionSpec;
import dev.dunes.session.Sessions;
import dev.dunes.session.TranscriptFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Sessions as a whole: created, listed, changed, ended, exported, searched. */
final class SessionRoutes {
  private final Sessions sessions;

  SessionRoutes(Sessions sessions) {
    this.sessions = sessions;
  }

  List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/sessions", this::list),
        Route.of("GET", "/v1/search", this::search),
        Route.of("POST", "/v1/sessions/{id}", this::create),
        Route.of("GET", "/v1/sessions/{id}", this::info),
        Route.of("PATCH", "/v1/sessions/{id}", this::change),
        Route.of("DELETE", "/v1/sessions/{id}", this::delete),
        Route.of("POST", "/v1/sessions/{id}/terminate", this::terminate),
        Route.of("POST", "/v1/sessions/{id}/interrupt", this::interrupt),
        Route.of("POST", "/v1/sessions/{id}/rest", this::rest),
        Route.of("POST", "/v1/sessions/{id}/fork", this::fork),
        Route.of("GET", "/v1/sessions/{id}/transcript", this::transcript));
  }

  private Session session(Exchange exchange) {
    return sessions.get(exchange.parameter("id"));
  }

  private void list(Exchange exchange) throws InterruptedException {
    ObjectNode answer = Json.object();
    ArrayNode all = answer.putArray("sessions");
    sessions.list().forEach(info -> all.add(SessionJson.of(info)));
    exchange.send(Reply.json(200, answer));
  }

  private void search(Exchange exchange) throws InterruptedException {
    String words = Parameters.required(exchange, "q");
    OptionalLong limit = Parameters.count(exchange, "limit");
    ObjectNode answer = Json.object();
    ArrayNode hits = answer.putArray("hits");
    sessions
        .search(
            words,
            limit.isPresent()
                ? OptionalInt.of((int) Math.min(limit.getAsLong(), Integer.MAX_VALUE))
                : OptionalInt.empty())
        .forEach(hit ->
            hits.addObject()
                .put("sessionId", hit.sessionId())
                .put("sequence", hit.sequence())
                .put("excerpt", hit.excerpt()));
    exchange.send(Reply.json(200, answer));
  }

  private void create(Exchange exchange) throws InterruptedException {
    SessionSpec spec = CreateBody.read(JsonBody.object(exchange));
    Session session = sessions.create(exchange.parameter("id"), spec);
    ObjectNode answer = Json.object().put("healthy", true);
    session.info().nativeSessionId().ifPresent(nativeId -> answer.put("nativeSessionId", nativeId));
    exchange.send(Reply.json(200, answer));
  }

  private void info(Exchange exchange) throws InterruptedException {
    exchange.send(Reply.json(200, SessionJson.of(session(exchange).info())));
  }

  private void change(Exchange exchange) throws InterruptedException {
    Fields body = JsonBody.object(exchange);
    Optional<String> title = body.text("title");
    Optional<String> mode = body.text("agentMode");
    Optional<String> model = body.text("model");
    Optional<String> variant = body.text("variant");
    if (title.isEmpty() && mode.isEmpty() && model.isEmpty() && variant.isEmpty()) {
      throw Fields.wrong("one of `title`, `agentMode`, `model` and `variant` must be there");
    }
    Session session = session(exchange);
    mode.ifPresent(session::setMode);
    if (model.isPresent() || variant.isPresent()) {
      String named =
          model
              .or(() -> session.info().model())
              .orElseThrow(
                  () -> Problem.invalid("name the `model` whose `variant` this is").failure());
      session.setModel(named, variant);
    }
    title.ifPresent(session::rename);
    exchange.send(Reply.json(200, SessionJson.of(session.info())));
  }

  private void delete(Exchange exchange) throws InterruptedException {
    session(exchange).delete();
    exchange.send(Reply.empty(204));
  }

  private void terminate(Exchange exchange) throws InterruptedException {
    session(exchange).terminate();
    exchange.send(Reply.empty(204));
  }

  private void interrupt(Exchange exchange) throws InterruptedException {
    session(exchange).interrupt();
    exchange.send(Reply.empty(204));
  }

  private void rest(Exchange exchange) throws InterruptedException {
    session(exchange).rest();
    exchange.send(Reply.empty(204));
  }

  private void fork(Exchange exchange) throws InterruptedException {
    String id =
        JsonBody.optional(exchange)
            .text("sessionId")
            .orElseGet(() -> "session-" + UUID.randomUUID());
    exchange.send(Reply.json(200, SessionJson.of(session(exchange).fork(id).info())));
  }

  private void transcript(Exchange exchange) throws InterruptedException {
    boolean markdown =
        Parameters.word(exchange, "format", List.of("json", "markdown"))
            .filter("markdown"::equals)
            .isPresent();
    String text =
        session(exchange).transcript(markdown ? TranscriptFormat.MARKDOWN : TranscriptFormat.JSON);
    exchange.send(
        Reply.text(200, markdown ? "text/markdown; charset=utf-8" : "application/json", text)
            .with("x-content-type-options", "nosniff"));
  }
}
