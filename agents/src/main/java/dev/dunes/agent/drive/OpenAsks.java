package dev.dunes.agent.drive;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.PermissionStatus;
import dev.dunes.agent.AgentEvent.QuestionStatus;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.PermissionReply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * What an agent asks its user and waits for. Each ask ends exactly once: answered, withdrawn, or
 * when the session ends; later answers are refused. How an answer is said in the agent's protocol
 * is the adapter's: an answer that cannot be written leaves the ask open. Safe for use by several
 * threads.
 */
public final class OpenAsks {
  private final Consumer<AgentEvent> tell;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Ask> open = new LinkedHashMap<>();

  private sealed interface Ask {
    record Permission(String action, JsonNode metadata, Consumer<PermissionReply> answer)
        implements Ask {}

    record Questions(List<Asked> asked, QuestionAnswer answer) implements Ask {}
  }

  /**
   * A question.
   *
   * @param options the answers it offers; may be empty
   */
  public record Question(String text, List<String> options) {
    public Question {
      options = List.copyOf(options);
    }
  }

  /** Says in the agent's protocol what was answered. */
  public interface QuestionAnswer {
    /** A list of chosen labels for each question. */
    void answered(List<List<String>> answers);

    /** The user declined. */
    void rejected();
  }

  /** One question; its answers once they are known. */
  private static final class Asked {
    private final String id;
    private final Question question;
    private Optional<List<String>> answers = Optional.empty();

    Asked(String id, Question question) {
      this.id = id;
      this.question = question;
    }

    boolean awaits(String other) {
      return id.equals(other) && answers.isEmpty();
    }

    AgentEvent requested() {
      return new AgentEvent.QuestionRequested(
          id, question.text(), question.options(), Optional.empty(), QuestionStatus.REQUESTED);
    }

    AgentEvent resolved() {
      return new AgentEvent.QuestionResolved(
          id,
          question.text(),
          question.options(),
          answers.flatMap(list -> list.stream().findFirst()),
          answers.isPresent() ? QuestionStatus.ANSWERED : QuestionStatus.REJECTED);
    }
  }

  /**
   * @param tell passes an event on, in order
   */
  public OpenAsks(Consumer<AgentEvent> tell) {
    this.tell = tell;
  }

  /** The agent asks whether it may do something. */
  public void permission(
      String id, String action, JsonNode metadata, Consumer<PermissionReply> answer) {
    lock.lock();
    try {
      open.put(id, new Ask.Permission(action, metadata, answer));
      tell.accept(
          new AgentEvent.PermissionRequested(
              id, action, PermissionStatus.REQUESTED, Optional.of(metadata)));
    } finally {
      lock.unlock();
    }
  }

  /**
   * The agent asks one question or more at once; several get the ids {@code ID:0}, {@code ID:1}.
   */
  public void questions(String id, List<Question> questions, QuestionAnswer answer) {
    List<Asked> asked = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      asked.add(new Asked(questions.size() == 1 ? id : id + ":" + i, questions.get(i)));
    }
    lock.lock();
    try {
      open.put(id, new Ask.Questions(asked, answer));
      asked.forEach(each -> tell.accept(each.requested()));
    } finally {
      lock.unlock();
    }
  }

  /**
   * As {@link dev.dunes.agent.AgentSession#answerPermission}.
   *
   * @throws AgentException {@code unknown_request}
   */
  public void answerPermission(String id, PermissionReply reply) {
    lock.lock();
    try {
      if (!(open.get(id) instanceof Ask.Permission ask)) {
        throw unknown("permission", id);
      }
      ask.answer().accept(reply);
      open.remove(id);
      tell.accept(resolved(id, ask, reply != PermissionReply.REJECT));
    } finally {
      lock.unlock();
    }
  }

  /**
   * As {@link dev.dunes.agent.AgentSession#answerQuestion}.
   *
   * @throws AgentException {@code unknown_request}, {@code invalid_answer}
   */
  public void answerQuestion(String id, List<List<String>> answers) {
    lock.lock();
    try {
      String requestId = requestOf(id);
      Ask.Questions ask = questionsOf(requestId, id);
      List<Asked> meant =
          id.equals(requestId)
              ? ask.asked()
              : ask.asked().stream().filter(each -> each.id.equals(id)).toList();
      if (meant.size() != answers.size()) {
        throw new AgentException(
            "invalid_answer",
            "%d answers for %d questions".formatted(answers.size(), meant.size()),
            "give a list of chosen labels for each question",
            null);
      }
      for (int i = 0; i < meant.size(); i++) {
        meant.get(i).answers = Optional.of(List.copyOf(answers.get(i)));
      }
      if (ask.asked().stream().allMatch(each -> each.answers.isPresent())) {
        ask.answer()
            .answered(ask.asked().stream().map(each -> each.answers.orElse(List.of())).toList());
        open.remove(requestId);
        ask.asked().forEach(each -> tell.accept(each.resolved()));
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * As {@link dev.dunes.agent.AgentSession#rejectQuestion}.
   *
   * @throws AgentException {@code unknown_request}
   */
  public void rejectQuestion(String id) {
    lock.lock();
    try {
      String requestId = requestOf(id);
      Ask.Questions ask = questionsOf(requestId, id);
      ask.answer().rejected();
      open.remove(requestId);
      reject(ask);
    } finally {
      lock.unlock();
    }
  }

  private String requestOf(String questionId) {
    int colon = questionId.lastIndexOf(':');
    return open.containsKey(questionId) || colon < 0 ? questionId : questionId.substring(0, colon);
  }

  private Ask.Questions questionsOf(String requestId, String id) {
    if (open.get(requestId) instanceof Ask.Questions ask
        && (requestId.equals(id) || ask.asked().stream().anyMatch(each -> each.awaits(id)))) {
      return ask;
    }
    throw unknown("question", id);
  }

  /** How many wait for an answer. */
  public int size() {
    lock.lock();
    try {
      return open.size();
    } finally {
      lock.unlock();
    }
  }

  /** The agent waits no longer for the answer to this request; unknown ones are ignored. */
  public void withdrawn(String id) {
    lock.lock();
    try {
      Ask ask = open.remove(id);
      if (ask != null) {
        end(id, ask);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Nobody waits any longer. */
  public void endAll() {
    lock.lock();
    try {
      open.forEach(this::end);
      open.clear();
    } finally {
      lock.unlock();
    }
  }

  private void end(String id, Ask ask) {
    switch (ask) {
      case Ask.Permission permission -> tell.accept(resolved(id, permission, false));
      case Ask.Questions questions -> reject(questions);
    }
  }

  private void reject(Ask.Questions ask) {
    for (Asked each : ask.asked()) {
      each.answers = Optional.empty();
      tell.accept(each.resolved());
    }
  }

  private static AgentEvent resolved(String id, Ask.Permission ask, boolean approved) {
    return new AgentEvent.PermissionResolved(
        id,
        ask.action(),
        approved ? PermissionStatus.APPROVED : PermissionStatus.DENIED,
        Optional.of(ask.metadata()));
  }

  private static AgentException unknown(String what, String id) {
    return new AgentException(
        "unknown_request",
        "unknown %s id: %s".formatted(what, id),
        "it was answered before, or the agent waits no longer",
        null);
  }
}
