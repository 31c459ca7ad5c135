package dev.dunes.agent.codex;

import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ContentPart.FileAction;
import dev.dunes.agent.ContentPart.FileRef;
import dev.dunes.agent.drive.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The items of Codex that are calls of a tool: what was called, and what came of it. */
final class CodexCalls {
  /** A longer diff is left out. */
  private static final int DIFF_LIMIT = 256 << 10;

  private static final Set<String> FAILED = Set.of("failed", "declined", "interrupted");

  private CodexCalls() {}

  /** The call an item is; empty when it is none. */
  static Optional<ContentPart.ToolCall> call(JsonNode item) {
    String id = Json.text(item, "id", "");
    return switch (Json.text(item, "type", "")) {
      case "commandExecution" -> called(id, "command_execution", item, "command", "cwd");
      case "fileChange" -> Optional.of(fileChange(id, item));
      case "mcpToolCall" ->
          Optional.of(
              new ContentPart.ToolCall(
                  "mcp__%s__%s"
                      .formatted(Json.text(item, "server", ""), Json.text(item, "tool", "")),
                  arguments(item),
                  id));
      case "dynamicToolCall" ->
          Optional.of(new ContentPart.ToolCall(Json.text(item, "tool", ""), arguments(item), id));
      case "collabAgentToolCall" ->
          called(id, Json.text(item, "tool", ""), item, "prompt", "receiverThreadIds");
      case "webSearch" -> called(id, "web_search", item, "query", "action");
      case "imageView" -> called(id, "view_image", item, "path");
      case "imageGeneration" -> called(id, "image_generation", item, "revisedPrompt");
      default -> Optional.empty();
    };
  }

  private static Optional<ContentPart.ToolCall> called(
      String id, String name, JsonNode item, String... keys) {
    ObjectNode arguments = Json.object();
    for (String key : keys) {
      Json.value(item, key).ifPresent(value -> arguments.set(key, value));
    }
    return Optional.of(new ContentPart.ToolCall(name, arguments.toString(), id));
  }

  private static String arguments(JsonNode item) {
    return Json.value(item, "arguments").orElseGet(Json::object).toString();
  }

  /** Which files, and how; what in them is told once it is done. */
  private static ContentPart.ToolCall fileChange(String id, JsonNode item) {
    ObjectNode arguments = Json.object();
    var files = arguments.putArray("changes");
    for (JsonNode change : item.path("changes")) {
      files
          .addObject()
          .put("path", Json.text(change, "path", ""))
          .put("kind", Json.text(change.path("kind"), "type", "update"));
    }
    return new ContentPart.ToolCall("file_change", arguments.toString(), id);
  }

  /** Whether a call that is complete did not do what it should. */
  static boolean failed(JsonNode item) {
    return FAILED.contains(Json.text(item, "status", ""))
        || Json.value(item, "error").isPresent()
        || item.path("success").isBoolean() && !item.path("success").asBoolean();
  }

  /** What came of a call that is complete. */
  static List<ContentPart> result(JsonNode item) {
    List<ContentPart> parts = new ArrayList<>();
    parts.add(new ContentPart.ToolResult(Json.text(item, "id", ""), output(item)));
    switch (Json.text(item, "type", "")) {
      case "fileChange" -> {
        if (!failed(item)) {
          item.path("changes").forEach(change -> parts.add(file(change)));
        }
      }
      case "imageView" ->
          Json.text(item, "path")
              .ifPresent(path -> parts.add(new ContentPart.Image(path, Optional.empty())));
      case "imageGeneration" ->
          Json.text(item, "savedPath")
              .ifPresent(path -> parts.add(new ContentPart.Image(path, Optional.empty())));
      default -> {}
    }
    return parts;
  }

  private static String output(JsonNode item) {
    String status = Json.text(item, "status", "");
    return switch (Json.text(item, "type", "")) {
      case "commandExecution" ->
          Json.text(item, "aggregatedOutput").orElse(status.equals("declined") ? "declined" : "");
      case "fileChange" -> status;
      case "mcpToolCall" ->
          Json.text(item.path("error"), "message")
              .orElseGet(() -> texts(item.path("result").path("content")));
      case "dynamicToolCall" -> texts(item.path("contentItems"));
      case "collabAgentToolCall" ->
          Json.value(item, "agentsStates").orElseGet(Json::object).toString();
      default -> "";
    };
  }

  private static String texts(JsonNode content) {
    return StreamSupport.stream(content.spliterator(), false)
        .map(part ->
            Json.text(part, "text").orElseGet(() -> "[" + Json.text(part, "type", "?") + "]"))
        .collect(Collectors.joining("\n"));
  }

  /** Codex gives a new or removed file as its contents, a changed one as a unified diff. */
  private static FileRef file(JsonNode change) {
    String diff = Json.text(change, "diff", "");
    JsonNode kind = change.path("kind");
    String path = Json.text(kind, "move_path").orElse(Json.text(change, "path", ""));
    return switch (Json.text(kind, "type", "")) {
      case "add" -> new FileRef(path, FileAction.WRITE, marked("+", diff));
      case "delete" -> new FileRef(path, FileAction.PATCH, marked("-", diff));
      default ->
          new FileRef(
              path,
              FileAction.PATCH,
              Optional.of(diff).filter(text -> !text.isEmpty() && text.length() <= DIFF_LIMIT));
    };
  }

  private static Optional<String> marked(String mark, String contents) {
    return contents.isEmpty() || contents.length() > DIFF_LIMIT
        ? Optional.empty()
        : Optional.of(
            contents.lines().map(line -> mark + line + "\n").collect(Collectors.joining()));
  }
}
