package dev.dunes.agent.opencode;

import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.Json;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * What came of a turn: the last words of the agent itself, its answer by a schema, and whether that
 * is a success, which no single word of OpenCode says.
 */
final class OpenCodeResult {
  /** How a message ends that is not the end of what was asked. */
  private static final Set<String> UNFINISHED =
      Set.of("tool-calls", "length", "content-filter", "error");

  private static final int MESSAGE_LIMIT = 500;

  private final OpenCodeUsage usage;
  private String message = "";
  private StringBuilder text = new StringBuilder();
  private String finish = "";
  private Optional<JsonNode> structured = Optional.empty();

  OpenCodeResult(OpenCodeUsage usage) {
    this.usage = usage;
  }

  void begin() {
    message = "";
    text = new StringBuilder();
    finish = "";
    structured = Optional.empty();
  }

  /** Looks at an event of the session itself, not of its subagents. */
  void see(String type, JsonNode properties) {
    if (type.equals("message.updated")) {
      JsonNode info = properties.path("info");
      if (Json.text(info, "role", "").equals("assistant")) {
        Json.text(info, "finish").ifPresent(word -> finish = word);
        structured = Json.value(info, "structured").or(() -> structured);
      }
    } else if (type.equals("message.part.updated")) {
      JsonNode part = properties.path("part");
      boolean done = part.path("time").has("end");
      if (done && Json.text(part, "type", "").equals("text")) {
        add(Json.text(part, "messageID", ""), Json.text(part, "text", ""));
      }
    }
  }

  private void add(String of, String words) {
    if (!of.equals(message)) {
      message = of;
      text = new StringBuilder();
    }
    text.append(text.isEmpty() ? "" : "\n").append(words);
  }

  Optional<JsonNode> structured() {
    return structured;
  }

  /** Whether it came to its end by itself. */
  boolean finished() {
    return structured.isPresent() || (!finish.isEmpty() && !UNFINISHED.contains(finish));
  }

  /** One that ended without an error. */
  TurnOutcome ended(boolean withStructured) {
    return new TurnOutcome(
        finished(),
        finished() ? "success" : finish.isEmpty() ? "no_answer" : finish,
        Optional.of(text.toString()).filter(words -> !words.isEmpty()),
        withStructured ? structured : Optional.empty(),
        usage.steps(),
        usage.cost(),
        usage.tokens());
  }

  /** One whose result does not stand. */
  TurnOutcome failed(String reason, String why) {
    return new TurnOutcome(
        false,
        reason,
        Optional.of(why),
        Optional.empty(),
        usage.steps(),
        usage.cost(),
        usage.tokens());
  }

  /** The words of an error of OpenCode's, without its stack. */
  static String words(JsonNode error) {
    String said =
        Json.text(error.path("data"), "message").orElseGet(() -> Json.text(error, "name", "error"));
    String line = said.lines().findFirst().orElse("");
    return line.substring(0, Math.min(MESSAGE_LIMIT, line.length()));
  }
}
