package dev.dunes.server.agentapi;

import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.server.http.SseFrames;
import dev.dunes.server.http.SseStream;
import dev.dunes.server.v1.Fields;
import dev.dunes.server.v1.JsonBody;
import dev.dunes.server.v1.Parameters;
import dev.dunes.server.v1.Problem;
import dev.dunes.session.Session;
import dev.dunes.session.SessionEvents;
import dev.dunes.session.SessionTurn;
import dev.dunes.session.Sessions;
import dev.dunes.session.TurnEnd;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** What is said to an agent: messages, and answers to what it asks. */
final class TalkRoutes {
  private final Sessions sessions;
  private final SseStream.Opener streams;

  TalkRoutes(Sessions sessions, SseStream.Opener streams) {
    this.sessions = sessions;
    this.streams = streams;
  }

  List<Route> routes() {
    return List.of(
        Route.of("POST", "/v1/sessions/{id}/messages", this::message),
        Route.of("POST", "/v1/sessions/{id}/messages/stream", this::turn),
        Route.of("POST", "/v1/sessions/{id}/questions/{question}/reply", this::answer),
        Route.of("POST", "/v1/sessions/{id}/questions/{question}/reject", this::reject),
        Route.of("POST", "/v1/sessions/{id}/permissions/{permission}/reply", this::permission));
  }

  private Session session(Exchange exchange) {
    return sessions.get(exchange.parameter("id"));
  }

  private void message(Exchange exchange) throws InterruptedException {
    Prompt prompt = MessageBody.read(JsonBody.object(exchange));
    session(exchange).send(prompt);
    exchange.send(Reply.empty(204));
  }

  private void turn(Exchange exchange) throws InterruptedException {
    boolean raw = Parameters.flag(exchange, "include_raw", "includeRaw");
    boolean whole = Parameters.word(exchange, "until", List.of("end")).isPresent();
    Prompt prompt = MessageBody.read(JsonBody.object(exchange));
    Session session = session(exchange);
    // The message is handed over before the answer begins: a refusal is an answer of its own.
    if (whole) {
      whole(exchange, session.start(prompt), raw);
      return;
    }
    try (SessionEvents events = session.turn(prompt);
        SseStream stream = streams.open(exchange)) {
      new EventFrames(raw).relay(events, stream, event -> false);
    }
    exchange.end();
  }

  /** An extension: the turn to its very end, and in a last frame without an id how it ended. */
  private void whole(Exchange exchange, SessionTurn begun, boolean raw)
      throws InterruptedException {
    try (SessionTurn turn = begun;
        SseStream stream = streams.open(exchange, Map.of("x-turn-id", turn.id()))) {
      new EventFrames(raw).relay(turn, stream, event -> false);
      Optional<TurnEnd> end = turn.end();
      if (end.isPresent()) {
        stream.send(new SseFrames().event("end").data(Json.bytes(json(end.get()))));
      }
    }
    exchange.end();
  }

  private static ObjectNode json(TurnEnd end) {
    ObjectNode json = Json.object().put("kind", end.kind().name()).put("reason", end.reason());
    end.problem().ifPresent(problem -> json.set("problem", Problem.of(problem).json()));
    return json.put("costUsd", end.costUsd());
  }

  private void answer(Exchange exchange) throws InterruptedException {
    List<List<String>> answers = JsonBody.object(exchange).requiredTextLists("answers");
    session(exchange).answerQuestion(exchange.parameter("question"), answers);
    exchange.send(Reply.empty(204));
  }

  private void reject(Exchange exchange) throws InterruptedException {
    JsonBody.optional(exchange);
    session(exchange).rejectQuestion(exchange.parameter("question"));
    exchange.send(Reply.empty(204));
  }

  private void permission(Exchange exchange) throws InterruptedException {
    PermissionReply reply =
        switch (JsonBody.object(exchange).requiredText("reply")) {
          case "once" -> PermissionReply.ONCE;
          case "always" -> PermissionReply.ALWAYS;
          case "reject" -> PermissionReply.REJECT;
          default -> throw Fields.wrong("field `reply` must be once, always or reject");
        };
    session(exchange).answerPermission(exchange.parameter("permission"), reply);
    exchange.send(Reply.empty(204));
  }
}
