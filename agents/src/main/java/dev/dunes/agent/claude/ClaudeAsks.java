package dev.dunes.agent.claude;

import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.OpenAsks;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What Claude Code asks its user, and how it is answered in its protocol. */
final class ClaudeAsks {
  private static final String DECLINED = "The user declined to answer.";
  private static final String REJECTED = "The user does not allow this.";

  private static final int LIMIT = 200;

  private final Consumer<String> write;
  private final OpenAsks open;

  /**
   * @param write sends a line to the agent
   */
  ClaudeAsks(Consumer<String> write, OpenAsks open) {
    this.write = write;
    this.open = open;
  }

  /** Whether no further ask is taken: an agent that asks so much at once is not asking. */
  boolean full() {
    return open.size() >= LIMIT;
  }

  /** The agent asks whether it may use a tool, or asks a question by its tool for that. */
  void asked(String requestId, JsonNode request) {
    String tool = Json.text(request, "tool_name", "");
    JsonNode input = Json.value(request, "input").orElseGet(Json::object);
    if (tool.equals("AskUserQuestion") && !input.path("questions").isEmpty()) {
      List<OpenAsks.Question> questions = questions(input);
      open.questions(requestId, questions, answers(requestId, input, questions));
      return;
    }
    ObjectNode metadata = Json.object();
    request.forEachEntry((key, value) -> {
      if (!key.equals("subtype")) {
        metadata.set(key, value);
      }
    });
    open.permission(requestId, tool, metadata, reply -> permission(requestId, tool, input, reply));
  }

  private static List<OpenAsks.Question> questions(JsonNode input) {
    List<OpenAsks.Question> questions = new ArrayList<>();
    for (JsonNode each : input.path("questions")) {
      List<String> options = new ArrayList<>();
      each.path("options").forEach(option -> options.add(Json.text(option, "label", "")));
      questions.add(new OpenAsks.Question(Json.text(each, "question", ""), options));
    }
    return questions;
  }

  private void permission(String id, String tool, JsonNode input, PermissionReply reply) {
    ObjectNode answer =
        switch (reply) {
          case ONCE -> ClaudeProtocol.allow(input);
          case ALWAYS -> ClaudeProtocol.allowAlways(tool, input);
          case REJECT -> ClaudeProtocol.deny(REJECTED);
        };
    write.accept(ClaudeProtocol.answer(id, answer));
  }

  private OpenAsks.QuestionAnswer answers(
      String requestId, JsonNode asked, List<OpenAsks.Question> questions) {
    return new OpenAsks.QuestionAnswer() {
      @Override
      public void answered(List<List<String>> answers) {
        ObjectNode input = Json.object();
        asked.forEachEntry(input::set);
        ObjectNode byText = input.putObject("answers");
        for (int i = 0; i < questions.size(); i++) {
          byText.put(questions.get(i).text(), String.join(", ", answers.get(i)));
        }
        write.accept(ClaudeProtocol.answer(requestId, ClaudeProtocol.allow(input)));
      }

      @Override
      public void rejected() {
        write.accept(ClaudeProtocol.answer(requestId, ClaudeProtocol.deny(DECLINED)));
      }
    };
  }
}
