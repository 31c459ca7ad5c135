package dev.dunes.server.acp;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalItem;
import dev.dunes.server.http.Json;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Events of one turn as updates of ACP. Sheet 3.2. Not safe for use by several threads. */
final class AcpUpdates {
  private final boolean user;
  private final Consumer<ObjectNode> updates;
  private final Map<String, Optional<UniversalItem.Role>> messages = new HashMap<>();
  private final Set<String> written = new HashSet<>();
  private final Map<String, String> calls = new LinkedHashMap<>();
  private final Set<String> open = new LinkedHashSet<>();

  /**
   * @param user whether what the user said is told, too: for who was not there
   * @param updates takes what comes of events
   */
  AcpUpdates(boolean user, Consumer<ObjectNode> updates) {
    this.user = user;
    this.updates = updates;
  }

  void accept(AgentEvent event) {
    switch (event) {
      case AgentEvent.ItemStarted started -> started(started.item());
      case AgentEvent.ItemDelta delta -> delta(delta.itemId(), delta.delta());
      case AgentEvent.ItemCompleted completed -> completed(completed.item());
      case AgentEvent.SessionStarted ignored -> {}
      case AgentEvent.SessionEnded ignored -> {}
      case AgentEvent.Failed ignored -> {}
      case AgentEvent.PermissionRequested ignored -> {}
      case AgentEvent.PermissionResolved ignored -> {}
      case AgentEvent.QuestionRequested ignored -> {}
      case AgentEvent.QuestionResolved ignored -> {}
      case AgentEvent.Turn ignored -> {}
      case AgentEvent.Unparsed ignored -> {}
    }
  }

  /** Whether a tool of this name for its call is known. */
  boolean knowsCall(String callId) {
    return calls.containsKey(callId);
  }

  /** The turn is over: calls nobody has told the end of are closed. */
  void end(boolean failed) {
    for (String call : List.copyOf(open)) {
      updates.accept(
          update("tool_call_update", call).put("status", failed ? "failed" : "completed"));
    }
    open.clear();
  }

  private void started(UniversalItem item) {
    switch (item.kind()) {
      case MESSAGE -> messages.put(item.itemId(), item.role());
      case TOOL_CALL -> call(item, true);
      case TOOL_RESULT, SYSTEM, STATUS, UNKNOWN -> {}
    }
  }

  private void delta(String itemId, String text) {
    Optional<UniversalItem.Role> role = messages.getOrDefault(itemId, Optional.empty());
    written.add(itemId);
    role.flatMap(this::chunk).ifPresent(kind -> chunk(kind, itemId, text(text)));
  }

  private Optional<String> chunk(UniversalItem.Role role) {
    return switch (role) {
      case ASSISTANT -> Optional.of("agent_message_chunk");
      case USER -> user ? Optional.of("user_message_chunk") : Optional.empty();
      case SYSTEM, TOOL -> Optional.empty();
    };
  }

  private void completed(UniversalItem item) {
    switch (item.kind()) {
      case MESSAGE -> message(item);
      case TOOL_CALL -> call(item, false);
      case TOOL_RESULT -> result(item);
      case SYSTEM, STATUS, UNKNOWN -> {}
    }
  }

  private void message(UniversalItem item) {
    boolean told = written.remove(item.itemId());
    messages.remove(item.itemId());
    Optional<String> kind = item.role().flatMap(this::chunk);
    if (kind.isEmpty()) {
      return;
    }
    for (ContentPart part : item.content()) {
      switch (part) {
        case ContentPart.Text text -> {
          if (!told) {
            chunk(kind.get(), item.itemId(), text(text.text()));
          }
        }
        case ContentPart.Reasoning reasoning ->
            chunk("agent_thought_chunk", item.itemId(), text(reasoning.text()));
        case ContentPart.Json json ->
            chunk(kind.get(), item.itemId(), text(json.json().toString()));
        case ContentPart.Image image -> chunk(kind.get(), item.itemId(), link(image));
        case ContentPart.ToolCall ignored -> {}
        case ContentPart.ToolResult ignored -> {}
        case ContentPart.FileRef ignored -> {}
        case ContentPart.Status ignored -> {}
      }
    }
  }

  private void chunk(String kind, String itemId, ObjectNode content) {
    ObjectNode update = Json.object().put("sessionUpdate", kind);
    update.set("content", content);
    updates.accept(update.put("messageId", itemId));
  }

  private static ObjectNode text(String text) {
    return Json.object().put("type", "text").put("text", text);
  }

  private static ObjectNode link(ContentPart.Image image) {
    String path = image.path();
    ObjectNode link =
        Json.object()
            .put("type", "resource_link")
            .put("name", path.substring(path.lastIndexOf('/') + 1))
            .put("uri", path.startsWith("/") ? "file://" + path : path);
    image.mime().ifPresent(mime -> link.put("mimeType", mime));
    return link;
  }

  private void call(UniversalItem item, boolean begins) {
    for (ContentPart part : item.content()) {
      if (!(part instanceof ContentPart.ToolCall call)) {
        continue;
      }
      String known = calls.get(call.callId());
      if (known == null) {
        begin(call.callId(), call.name(), call.arguments());
      } else if (!begins && !known.equals(call.arguments())) {
        calls.put(call.callId(), call.arguments());
        ObjectNode update = update("tool_call_update", call.callId());
        update.set("rawInput", json(call.arguments()));
        updates.accept(update);
      }
    }
    if (!begins && item.status() == UniversalItem.Status.FAILED) {
      finish(item, "failed");
    }
  }

  private void finish(UniversalItem item, String status) {
    for (ContentPart part : item.content()) {
      if (part instanceof ContentPart.ToolCall call && open.remove(call.callId())) {
        updates.accept(update("tool_call_update", call.callId()).put("status", status));
      }
    }
  }

  private void begin(String callId, String name, String arguments) {
    calls.put(callId, arguments);
    open.add(callId);
    ObjectNode update =
        update("tool_call", callId)
            .put("title", name)
            .put("kind", ToolKinds.of(name))
            .put("status", "in_progress");
    update.set("rawInput", json(arguments));
    updates.accept(update);
  }

  /** What a tool answered, and the files it touched. */
  private void result(UniversalItem item) {
    String callId = item.itemId();
    StringBuilder output = new StringBuilder();
    ArrayNode content = Json.MAPPER.createArrayNode();
    ArrayNode locations = Json.MAPPER.createArrayNode();
    for (ContentPart part : item.content()) {
      switch (part) {
        case ContentPart.ToolResult result -> {
          callId = result.callId();
          output.append(result.output());
          content(content, result.output());
        }
        case ContentPart.FileRef file -> {
          locations.addObject().put("path", file.path());
          file.diff().ifPresent(diff -> content(content, diff));
        }
        case ContentPart.Text text -> {
          output.append(text.text());
          content(content, text.text());
        }
        case ContentPart.Image image ->
            content.addObject().put("type", "content").set("content", link(image));
        case ContentPart.Json ignored -> {}
        case ContentPart.ToolCall ignored -> {}
        case ContentPart.Reasoning ignored -> {}
        case ContentPart.Status ignored -> {}
      }
    }
    if (!knowsCall(callId)) {
      begin(callId, locations.isEmpty() ? "tool" : "files", "{}");
    }
    open.remove(callId);
    ObjectNode update =
        update("tool_call_update", callId)
            .put("status", item.status() == UniversalItem.Status.FAILED ? "failed" : "completed");
    update.set("content", content);
    if (!locations.isEmpty()) {
      update.set("locations", locations);
    }
    update.set("rawOutput", Json.object().put("output", output.toString()));
    updates.accept(update);
  }

  private static void content(ArrayNode content, String text) {
    content.addObject().put("type", "content").set("content", text(text));
  }

  private static ObjectNode update(String kind, String callId) {
    return Json.object().put("sessionUpdate", kind).put("toolCallId", callId);
  }

  private static JsonNode json(String arguments) {
    try {
      JsonNode json = Json.MAPPER.readTree(arguments);
      return json == null || json.isMissingNode() ? Json.object() : json;
    } catch (JacksonException e) {
      // Not complete yet, or no JSON at all: shown as it is.
      return Json.object().put("arguments", arguments);
    }
  }
}
