package dev.dunes.agent.claude;

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
import tools.jackson.databind.node.ObjectNode;

/**
 * What Claude Code asks its user and waits for. Each ask ends exactly once: answered, withdrawn, or
 * when the session ends; later answers are refused. Safe for use by several threads.
 */
final class ClaudeAsks {
  private static final String DECLINED = "The user declined to answer.";
  private static final String REJECTED = "The user does not allow this.";

  private final Consumer<String> write;
  private final Consumer<AgentEvent> tell;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Ask> open = new LinkedHashMap<>();

  private sealed interface Ask {
    record Permission(String tool, JsonNode input, JsonNode metadata) implements Ask {}

    record Questions(JsonNode input, List<Question> questions) implements Ask {}
  }

  /** One question; its answers once they are known. */
  private static final class Question {
    private final String id;
    private final String text;
    private final List<String> options;
    private Optional<List<String>> answers = Optional.empty();

    Question(String id, String text, List<String> options) {
      this.id = id;
      this.text = text;
      this.options = options;
    }

    boolean awaits(String other) {
      return id.equals(other) && answers.isEmpty();
    }

    AgentEvent requested() {
      return new AgentEvent.QuestionRequested(
          id, text, options, Optional.empty(), QuestionStatus.REQUESTED);
    }

    AgentEvent resolved() {
      return new AgentEvent.QuestionResolved(
          id,
          text,
          options,
          answers.flatMap(list -> list.stream().findFirst()),
          answers.isPresent() ? QuestionStatus.ANSWERED : QuestionStatus.REJECTED);
    }
  }

  /**
   * @param write sends a line to the agent
   * @param tell passes an event on, in order
   */
  ClaudeAsks(Consumer<String> write, Consumer<AgentEvent> tell) {
    this.write = write;
    this.tell = tell;
  }

  /** The agent asks whether it may use a tool, or asks a question by its tool for that. */
  void asked(String requestId, JsonNode request) {
    String tool = Json.text(request, "tool_name", "");
    JsonNode input = Json.value(request, "input").orElseGet(Json::object);
    lock.lock();
    try {
      if (tool.equals("AskUserQuestion") && input.path("questions").isArray()) {
        Ask.Questions ask = new Ask.Questions(input, questions(requestId, input));
        open.put(requestId, ask);
        ask.questions().forEach(question -> tell.accept(question.requested()));
        return;
      }
      ObjectNode metadata = Json.object();
      request.forEachEntry((key, value) -> {
        if (!key.equals("subtype")) {
          metadata.set(key, value);
        }
      });
      open.put(requestId, new Ask.Permission(tool, input, metadata));
      tell.accept(
          new AgentEvent.PermissionRequested(
              requestId, tool, PermissionStatus.REQUESTED, Optional.of(metadata)));
    } finally {
      lock.unlock();
    }
  }

  private static List<Question> questions(String requestId, JsonNode input) {
    List<Question> questions = new ArrayList<>();
    JsonNode array = input.path("questions");
    for (int i = 0; i < array.size(); i++) {
      List<String> options = new ArrayList<>();
      array.get(i).path("options").forEach(option -> options.add(Json.text(option, "label", "")));
      String id = array.size() == 1 ? requestId : requestId + ":" + i;
      questions.add(new Question(id, Json.text(array.get(i), "question", ""), options));
    }
    return questions;
  }

  void answerPermission(String id, PermissionReply reply) {
    lock.lock();
    try {
      if (!(open.get(id) instanceof Ask.Permission ask)) {
        throw unknown("permission", id);
      }
      ObjectNode answer =
          switch (reply) {
            case ONCE -> ClaudeProtocol.allow(ask.input());
            case ALWAYS -> ClaudeProtocol.allowAlways(ask.tool(), ask.input());
            case REJECT -> ClaudeProtocol.deny(REJECTED);
          };
      write.accept(ClaudeProtocol.answer(id, answer));
      open.remove(id);
      tell.accept(resolved(id, ask, reply != PermissionReply.REJECT));
    } finally {
      lock.unlock();
    }
  }

  void answerQuestion(String id, List<List<String>> answers) {
    lock.lock();
    try {
      String requestId = requestOf(id);
      Ask.Questions ask = questionsOf(requestId, id);
      List<Question> meant =
          id.equals(requestId)
              ? ask.questions()
              : ask.questions().stream().filter(each -> each.id.equals(id)).toList();
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
      if (ask.questions().stream().allMatch(each -> each.answers.isPresent())) {
        write.accept(ClaudeProtocol.answer(requestId, ClaudeProtocol.allow(answered(ask))));
        open.remove(requestId);
        ask.questions().forEach(each -> tell.accept(each.resolved()));
      }
    } finally {
      lock.unlock();
    }
  }

  private static JsonNode answered(Ask.Questions ask) {
    ObjectNode input = Json.object();
    ask.input().forEachEntry(input::set);
    ObjectNode answers = input.putObject("answers");
    for (Question question : ask.questions()) {
      answers.put(question.text, String.join(", ", question.answers.orElse(List.of())));
    }
    return input;
  }

  void rejectQuestion(String id) {
    lock.lock();
    try {
      String requestId = requestOf(id);
      Ask.Questions ask = questionsOf(requestId, id);
      write.accept(ClaudeProtocol.answer(requestId, ClaudeProtocol.deny(DECLINED)));
      open.remove(requestId);
      withdraw(ask);
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
        && (requestId.equals(id) || ask.questions().stream().anyMatch(each -> each.awaits(id)))) {
      return ask;
    }
    throw unknown("question", id);
  }

  /** The agent waits no longer. */
  void withdrawn(String requestId) {
    lock.lock();
    try {
      Ask ask = open.remove(requestId);
      if (ask != null) {
        end(requestId, ask);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Nobody waits any longer. */
  void endAll() {
    lock.lock();
    try {
      open.forEach(this::end);
      open.clear();
    } finally {
      lock.unlock();
    }
  }

  private void end(String requestId, Ask ask) {
    switch (ask) {
      case Ask.Permission permission -> tell.accept(resolved(requestId, permission, false));
      case Ask.Questions questions -> withdraw(questions);
    }
  }

  private void withdraw(Ask.Questions ask) {
    for (Question question : ask.questions()) {
      question.answers = Optional.empty();
      tell.accept(question.resolved());
    }
  }

  private static AgentEvent resolved(String id, Ask.Permission ask, boolean approved) {
    return new AgentEvent.PermissionResolved(
        id,
        ask.tool(),
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
