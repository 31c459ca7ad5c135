package dev.dunes.server.acp;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.Prompt;
import dev.dunes.server.http.Json;
import dev.dunes.server.v1.Problem;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionException;
import dev.dunes.session.SessionTurn;
import dev.dunes.session.TurnEnd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Runs one prompt: its events become updates, its end the result. ACP, sheet 3.2 and 4.2. */
final class AcpTurn {
  private final AcpServer server;
  private final AcpSession session;
  private final List<byte[]> batch = new ArrayList<>();
  private final AcpUpdates updates;

  AcpTurn(AcpServer server, AcpSession session) {
    this.server = server;
    this.session = session;
    this.updates =
        new AcpUpdates(false, update -> batch.add(Rpc.update(session.session().id(), update)));
  }

  ObjectNode run(Prompt prompt) throws IOException, InterruptedException {
    SessionTurn begun;
    session.gate().lock();
    try {
      begun = session.session().start(prompt);
    } finally {
      session.gate().unlock();
    }
    try (SessionTurn turn = begun) {
      for (List<SessionEvent> events = turn.next(); !events.isEmpty(); events = turn.next()) {
        for (SessionEvent event : events) {
          accept(event.event().data());
        }
        flush();
      }
      TurnEnd end = turn.end().orElseThrow(() -> new IllegalStateException("a turn without end"));
      updates.end(end.problem().isPresent());
      flush();
      return result(end);
    }
  }

  private void accept(AgentEvent event) throws IOException {
    updates.accept(event);
    if (event instanceof AgentEvent.PermissionRequested asked) {
      flush();
      server.ask(
          AcpAsk.of(session.session(), asked),
          AcpAsk.request(session.session().id(), asked, updates));
    } else if (event instanceof AgentEvent.QuestionRequested asked) {
      flush();
      server.ask(
          AcpAsk.of(session.session(), asked), AcpAsk.request(session.session().id(), asked));
    } else if (event instanceof AgentEvent.PermissionResolved resolved) {
      server.answered(session.session().id(), resolved.permissionId());
    } else if (event instanceof AgentEvent.QuestionResolved resolved) {
      server.answered(session.session().id(), resolved.questionId());
    }
  }

  private void flush() throws IOException {
    if (!batch.isEmpty()) {
      server.log().add(batch);
      batch.clear();
    }
  }

  private static ObjectNode result(TurnEnd end) {
    return switch (end.kind()) {
      case COMPLETED -> stop(reason(end.reason()));
      case INTERRUPTED -> stop("cancelled");
      case FAILED, TIMED_OUT, SESSION_ENDED -> {
        if (end.problem().isPresent()) {
          throw RpcException.of(Problem.of(end.problem().get()));
        }
        if (end.kind() == TurnEnd.Kind.SESSION_ENDED) {
          yield stop(end.reason().equals("terminated") ? "cancelled" : "end_turn");
        }
        throw RpcException.of(
            Problem.of(
                new SessionException(
                    "stream_error",
                    "stream error: the turn ended with " + end.reason(),
                    java.util.Map.of(),
                    null,
                    null)));
      }
    };
  }

  private static String reason(String agents) {
    return switch (agents) {
      case "error_max_turns", "max_turn_requests" -> "max_turn_requests";
      case "max_tokens" -> "max_tokens";
      case "refusal" -> "refusal";
      default -> "end_turn";
    };
  }

  private static ObjectNode stop(String reason) {
    return Json.object().put("stopReason", reason);
  }
}
