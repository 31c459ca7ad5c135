package dev.dunes.agent.codex;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ContentPart.Visibility;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.agent.UniversalItem.Status;
import dev.dunes.agent.drive.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The items of Codex in the schema that all agents share. Native ids are its own; the result of a
 * call has the id {@code <call>:result}. What began and never ended is ended with its turn.
 */
final class CodexItems {
  private static final int OPEN_LIMIT = 1000;

  private final Map<String, Open> open = new LinkedHashMap<>();
  private boolean ours;

  private record Open(UniversalItem item, boolean resultStarted) {}

  /** Whether what the user seems to say from now on is said by us. */
  void ours(boolean value) {
    ours = value;
  }

  List<AgentEvent> started(JsonNode item, Optional<String> parent) {
    Optional<UniversalItem> known = item(item, parent, Status.IN_PROGRESS);
    if (known.isEmpty() || known.get().kind() == Kind.STATUS) {
      return List.of();
    }
    String id = Json.text(item, "id", "");
    if (open.size() < OPEN_LIMIT && !id.isEmpty()) {
      open.put(id, new Open(known.get(), false));
    }
    return List.of(new AgentEvent.ItemStarted(known.get()));
  }

  List<AgentEvent> completed(JsonNode item, Optional<String> parent) {
    List<AgentEvent> events = new ArrayList<>();
    open.remove(Json.text(item, "id", ""));
    Optional<ContentPart.ToolCall> call = CodexCalls.call(item);
    item(item, parent, Status.COMPLETED)
        .ifPresent(known -> events.add(new AgentEvent.ItemCompleted(known)));
    if (call.isPresent()) {
      Status status = CodexCalls.failed(item) ? Status.FAILED : Status.COMPLETED;
      events.add(
          new AgentEvent.ItemCompleted(
              result(call.get().callId(), parent, CodexCalls.result(item), status)));
    }
    return events;
  }

  /** A piece of what a command writes. */
  List<AgentEvent> output(String id, String delta) {
    List<AgentEvent> events = new ArrayList<>();
    Open call = open.get(id);
    if (call == null) {
      return List.of();
    }
    if (!call.resultStarted()) {
      open.put(id, new Open(call.item(), true));
      events.add(
          new AgentEvent.ItemStarted(
              result(id, call.item().parentId(), List.of(), Status.IN_PROGRESS)));
    }
    events.add(new AgentEvent.ItemDelta("", Optional.of(id + ":result"), delta));
    return events;
  }

  /** The turn is over: what is not complete will never be. */
  List<AgentEvent> unfinished() {
    List<AgentEvent> events = new ArrayList<>();
    open.forEach((id, left) -> {
      UniversalItem item = left.item();
      events.add(
          new AgentEvent.ItemCompleted(
              new UniversalItem(
                  "",
                  item.nativeItemId(),
                  item.parentId(),
                  item.kind(),
                  item.role(),
                  item.content(),
                  Status.FAILED)));
      if (item.kind() == Kind.TOOL_CALL) {
        List<ContentPart> nothing = List.of(new ContentPart.ToolResult(id, ""));
        events.add(
            new AgentEvent.ItemCompleted(result(id, item.parentId(), nothing, Status.FAILED)));
      }
    });
    open.clear();
    return events;
  }

  private static UniversalItem result(
      String id, Optional<String> parent, List<ContentPart> parts, Status status) {
    return new UniversalItem(
        "",
        Optional.of(id + ":result"),
        parent,
        Kind.TOOL_RESULT,
        Optional.of(Role.TOOL),
        parts,
        status);
  }

  private Optional<UniversalItem> item(JsonNode item, Optional<String> parent, Status status) {
    Optional<String> id = Json.text(item, "id");
    Optional<ContentPart.ToolCall> call = CodexCalls.call(item);
    if (call.isPresent()) {
      return Optional.of(
          new UniversalItem(
              "",
              id,
              parent,
              Kind.TOOL_CALL,
              Optional.of(Role.ASSISTANT),
              List.of(call.get()),
              status));
    }
    boolean whole = status == Status.COMPLETED;
    return switch (Json.text(item, "type", "")) {
      case "userMessage" -> {
        boolean user = !ours || parent.isPresent();
        yield Optional.of(
            new UniversalItem(
                "",
                id,
                parent,
                user ? Kind.MESSAGE : Kind.SYSTEM,
                Optional.of(user ? Role.USER : Role.SYSTEM),
                said(item),
                status));
      }
      case "agentMessage", "plan" ->
          message(
              id,
              parent,
              whole ? List.of(new ContentPart.Text(Json.text(item, "text", ""))) : List.of(),
              status);
      case "reasoning" -> message(id, parent, whole ? thoughts(item) : List.of(), status);
      case "contextCompaction" -> status(id, parent, "thread.compacted", item);
      case "enteredReviewMode" -> status(id, parent, "review.entered", item);
      case "exitedReviewMode" -> status(id, parent, "review.exited", item);
      case "subAgentActivity", "sleep" -> status(id, parent, "notice", item);
      case "hookPrompt", "functionCallOutput" ->
          Optional.of(
              new UniversalItem(
                  "",
                  id,
                  parent,
                  Kind.SYSTEM,
                  Optional.of(Role.SYSTEM),
                  List.of(new ContentPart.Json(item)),
                  status));
      default ->
          Optional.of(
              new UniversalItem(
                  "",
                  id,
                  parent,
                  Kind.UNKNOWN,
                  Optional.of(Role.ASSISTANT),
                  List.of(new ContentPart.Json(item)),
                  status));
    };
  }

  private static Optional<UniversalItem> message(
      Optional<String> id, Optional<String> parent, List<ContentPart> parts, Status status) {
    return Optional.of(
        new UniversalItem(
            "", id, parent, Kind.MESSAGE, Optional.of(Role.ASSISTANT), parts, status));
  }

  private static Optional<UniversalItem> status(
      Optional<String> id, Optional<String> parent, String label, JsonNode detail) {
    return Optional.of(CodexEvents.statusItem(id, parent, label, detail));
  }

  private static List<ContentPart> said(JsonNode item) {
    List<ContentPart> parts = new ArrayList<>();
    for (JsonNode part : item.path("content")) {
      switch (Json.text(part, "type", "")) {
        case "text" -> parts.add(new ContentPart.Text(Json.text(part, "text", "")));
        case "localImage" ->
            parts.add(new ContentPart.Image(Json.text(part, "path", ""), Optional.empty()));
        default -> parts.add(new ContentPart.Json(part));
      }
    }
    return parts;
  }

  /** The summary is meant to be shown; what the model thought word by word is not. */
  private static List<ContentPart> thoughts(JsonNode item) {
    List<ContentPart> parts = new ArrayList<>();
    for (JsonNode text : item.path("summary")) {
      parts.add(new ContentPart.Reasoning(text.asString(""), Visibility.PUBLIC));
    }
    for (JsonNode text : item.path("content")) {
      parts.add(new ContentPart.Reasoning(text.asString(""), Visibility.PRIVATE));
    }
    return parts.isEmpty() ? List.of(new ContentPart.Reasoning("", Visibility.PRIVATE)) : parts;
  }
}
