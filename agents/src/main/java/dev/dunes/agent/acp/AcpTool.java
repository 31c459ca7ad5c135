package dev.dunes.agent.acp;

import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ContentPart.FileAction;
import dev.dunes.agent.ContentPart.FileRef;
import dev.dunes.agent.drive.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is known of one call of a tool. Any message may tell any part of it, in any order: the last
 * word counts.
 */
final class AcpTool {
  private final String id;
  private final AcpProfile.ToolNames names;
  private Optional<String> name = Optional.empty();
  private Optional<String> firstTitle = Optional.empty();
  private Optional<String> title = Optional.empty();
  private String kind = "other";
  private String status = "pending";
  private Optional<String> arguments = Optional.empty();
  private Optional<String> content = Optional.empty();
  private Optional<String> rawOutput = Optional.empty();
  private final StringBuilder terminal = new StringBuilder();
  private boolean exitedBadly;
  private final List<String> places = new ArrayList<>();
  private final Map<String, FileRef> changes = new LinkedHashMap<>();

  /** Whether the call was told as an event. */
  boolean announced;

  AcpTool(String id, AcpProfile.ToolNames names) {
    this.id = id;
    this.names = names;
  }

  String id() {
    return id;
  }

  String kind() {
    return kind;
  }

  /** Takes what a message tells. */
  void update(JsonNode told) {
    Json.text(told, "name")
        .or(() -> Json.text(told.path("_meta").path("claudeCode"), "toolName"))
        .ifPresent(value -> name = Optional.of(value));
    Json.text(told, "title")
        .ifPresent(value -> {
          firstTitle = firstTitle.or(() -> Optional.of(value));
          title = Optional.of(value);
        });
    Json.text(told, "kind").ifPresent(value -> kind = value);
    Json.text(told, "status").ifPresent(value -> status = value);
    Json.value(told, "rawInput").ifPresent(value -> arguments = Optional.of(value.toString()));
    Json.value(told, "rawOutput").ifPresent(value -> rawOutput = output(value));
    if (told.path("content").isArray()) {
      content(told.path("content"));
    }
    if (told.path("locations").isArray()) {
      places.clear();
      for (JsonNode place : told.path("locations")) {
        if (places.size() < AcpLimits.FILES) {
          Json.text(place, "path").ifPresent(places::add);
        }
      }
    }
    terminal(told.path("_meta"));
  }

  /** Of codex-acp, which shows its terminals beside the content. */
  private void terminal(JsonNode meta) {
    Json.text(meta.path("terminal_output_delta"), "data")
        .filter(data -> terminal.length() + data.length() <= AcpLimits.TEXT)
        .ifPresent(terminal::append);
    exitedBadly |= Json.number(meta.path("terminal_exit"), "exit_code") != 0;
  }

  private static Optional<String> output(JsonNode value) {
    return (value.isString() ? Optional.of(value.asString()) : Json.text(value, "output"))
        .or(() -> Optional.of(value.toString()))
        .map(AcpLimits::cut);
  }

  private void content(JsonNode parts) {
    StringBuilder text = new StringBuilder();
    for (JsonNode part : parts) {
      switch (Json.text(part, "type", "")) {
        case "diff" -> changed(part);
        case "content" -> {
          String more = AcpContent.text(part.path("content"));
          if (!more.isEmpty() && text.length() <= AcpLimits.TEXT) {
            text.append(text.isEmpty() ? "" : "\n").append(more);
          }
        }
        default -> {} // a terminal is ours to offer, and we offer none
      }
    }
    content = text.isEmpty() ? Optional.empty() : Optional.of(AcpLimits.cut(text.toString()));
  }

  private void changed(JsonNode diff) {
    String path = Json.text(diff, "path", "");
    boolean made = Json.text(diff, "oldText").isEmpty();
    if (path.isEmpty() || (changes.size() >= AcpLimits.FILES && !changes.containsKey(path))) {
      return;
    }
    changes.put(
        path,
        new FileRef(
            path,
            made ? FileAction.WRITE : FileAction.PATCH,
            LineDiff.of(Json.text(diff, "oldText", ""), Json.text(diff, "newText", ""))));
  }

  String name() {
    return name.orElseGet(() ->
        switch (names) {
          case TOLD -> kind;
          case FIRST_TITLE -> firstTitle.orElse(kind);
          case ID -> id.contains("__") ? id.substring(0, id.indexOf("__")) : kind;
        });
  }

  /** As the agent gave them; else its title for people. */
  String arguments() {
    ObjectNode shown = Json.object();
    String key = kind.equals("execute") ? "command" : "title";
    title.ifPresent(value -> shown.put(key, AcpLimits.cut(value)));
    return arguments.filter(text -> text.length() <= AcpLimits.TEXT).orElseGet(shown::toString);
  }

  /** Whether the call can be told: what it is called with is known. */
  boolean isReady() {
    return !status.equals("pending");
  }

  boolean isDone() {
    return status.equals("completed") || failed();
  }

  private boolean failed() {
    return status.equals("failed");
  }

  /** The end of a call of which the agent tells none. */
  void endWithout(String why) {
    if (!isDone()) {
      status = "failed";
      content = content.filter(text -> terminal.isEmpty()).or(() -> Optional.of(why));
    }
  }

  boolean isBad() {
    return failed() || exitedBadly;
  }

  ContentPart.ToolCall call() {
    return new ContentPart.ToolCall(name(), arguments(), id);
  }

  /** What came of it, and the files it read or changed. */
  List<ContentPart> result() {
    List<ContentPart> parts = new ArrayList<>();
    Optional<String> shown = terminal.isEmpty() ? Optional.empty() : Optional.of("" + terminal);
    parts.add(
        new ContentPart.ToolResult(id, shown.or(() -> rawOutput).or(() -> content).orElse("")));
    if (failed()) {
      return parts;
    }
    parts.addAll(changes.values());
    if (changes.isEmpty()) {
      for (String place : places) {
        switch (kind) {
          case "read" -> parts.add(new FileRef(place, FileAction.READ, Optional.empty()));
          case "edit" -> parts.add(new FileRef(place, FileAction.PATCH, Optional.empty()));
          default -> {}
        }
      }
    }
    return parts;
  }
}
