package dev.dunes.cli;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.PermissionReply;
import dev.dunes.session.Session;
import dev.dunes.session.SessionException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What an agent waits for an answer to, the oldest first. For one thread at a time. */
final class AskedOfUs {
  private final Session session;
  private final Map<String, AgentEvent> open = new LinkedHashMap<>();

  AskedOfUs(Session session) {
    this.session = session;
  }

  /** Hears of an event; true when it asks for something. */
  boolean heard(AgentEvent event) {
    switch (event) {
      case AgentEvent.PermissionRequested asked -> open.put(asked.permissionId(), asked);
      case AgentEvent.QuestionRequested asked -> open.put(asked.questionId(), asked);
      case AgentEvent.PermissionResolved resolved -> open.remove(resolved.permissionId());
      case AgentEvent.QuestionResolved resolved -> open.remove(resolved.questionId());
      case AgentEvent.SessionEnded ended -> open.clear();
      case AgentEvent.SessionStarted _,
          AgentEvent.ItemStarted _,
          AgentEvent.ItemDelta _,
          AgentEvent.ItemCompleted _,
          AgentEvent.Failed _,
          AgentEvent.Unparsed _,
          AgentEvent.Turn _ -> {
        return false;
      }
    }
    return !open.isEmpty();
  }

  /** How the oldest can be answered; empty when nothing is asked. */
  Optional<String> hint() {
    return open.values().stream().findFirst().map(AskedOfUs::hint);
  }

  private static String hint(AgentEvent event) {
    if (event instanceof AgentEvent.QuestionRequested asked) {
      return asked.options().isEmpty()
          ? "answer, or /reject"
          : "answer with 1 to %d, in your own words, or /reject".formatted(asked.options().size());
    }
    return "allow it? once, always or reject (o, a, r)";
  }

  /**
   * Takes a line as the answer to the oldest; false when it is none.
   *
   * @throws SessionException when the session does not take it
   */
  boolean answer(String line) {
    Optional<AgentEvent> oldest = open.values().stream().findFirst();
    if (oldest.isEmpty()) {
      return false;
    }
    if (oldest.get() instanceof AgentEvent.PermissionRequested asked) {
      Optional<PermissionReply> reply = reply(line);
      reply.ifPresent(given -> {
        session.answerPermission(asked.permissionId(), given);
        open.remove(asked.permissionId());
      });
      return reply.isPresent();
    }
    if (oldest.get() instanceof AgentEvent.QuestionRequested asked) {
      if (line.equals("/reject")) {
        session.rejectQuestion(asked.questionId());
      } else {
        session.answerQuestion(asked.questionId(), List.of(List.of(choice(asked, line))));
      }
      open.remove(asked.questionId());
      return true;
    }
    return false;
  }

  private static Optional<PermissionReply> reply(String line) {
    return switch (line.toLowerCase(Locale.ROOT)) {
      case "o", "once", "y", "yes" -> Optional.of(PermissionReply.ONCE);
      case "a", "always" -> Optional.of(PermissionReply.ALWAYS);
      case "r", "reject", "n", "no", "/reject" -> Optional.of(PermissionReply.REJECT);
      default -> Optional.empty();
    };
  }

  private static String choice(AgentEvent.QuestionRequested asked, String line) {
    if (line.matches("\\d{1,4}")) {
      int number = Integer.parseInt(line);
      if (number >= 1 && number <= asked.options().size()) {
        return asked.options().get(number - 1);
      }
    }
    return line;
  }
}
