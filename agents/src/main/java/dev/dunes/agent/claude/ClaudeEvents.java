package dev.dunes.agent.claude;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ContentPart.Visibility;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.agent.UniversalItem.Status;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.RecentMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What messages of Claude Code mean in the schema that all agents share. One block of a message is
 * one item; its native id is {@code <message id>:<number of the block>}, that of a call {@code
 * toolu_…}, that of its result {@code toolu_…:result}. Items of a subagent have the call that
 * started it as their parent. What has no meaning there has no event.
 */
final class ClaudeEvents {
  /** What is told as a status; the rest of {@code system} is of interest to nobody else. */
  private static final Set<String> STATUS =
      Set.of(
          "api_retry",
          "compact_boundary",
          "permission_denied",
          "task_notification",
          "task_started");

  private final RecentMap<Integer> blocks = new RecentMap<>(256);
  private final ToolFiles files = new ToolFiles();

  /** The calls that were told: only what is known can be a parent. */
  private final RecentMap<Boolean> calls = new RecentMap<>(10_000);

  private Optional<String> streaming = Optional.empty();
  private boolean started;

  List<AgentEvent> of(JsonNode message) {
    return switch (Json.text(message, "type", "")) {
      case "system" -> system(message);
      case "assistant" -> assistant(message);
      case "user" -> user(message);
      case "stream_event" -> stream(message);
      case "result" -> result(message);
      default -> List.of();
    };
  }

  private List<AgentEvent> system(JsonNode message) {
    String subtype = Json.text(message, "subtype", "");
    if (subtype.equals("init")) {
      if (started) {
        return List.of();
      }
      started = true;
      ObjectNode metadata = Json.object();
      for (String key :
          List.of("model", "cwd", "tools", "mcp_servers", "permissionMode", "agents", "skills")) {
        Json.value(message, key).ifPresent(value -> metadata.set(key, value));
      }
      return List.of(new AgentEvent.SessionStarted(Optional.of(metadata)));
    }
    if (!STATUS.contains(subtype)) {
      return List.of();
    }
    ObjectNode detail = Json.object();
    message.forEachEntry((key, value) -> {
      if (!Set.of("type", "subtype", "uuid", "session_id").contains(key)) {
        detail.set(key, value);
      }
    });
    return List.of(
        completed(
            Json.text(message, "uuid"),
            parent(message),
            Kind.STATUS,
            Role.SYSTEM,
            List.of(new ContentPart.Status(subtype, Optional.of(detail.toString()))),
            Status.COMPLETED));
  }

  private List<AgentEvent> assistant(JsonNode message) {
    List<AgentEvent> events = new ArrayList<>();
    JsonNode body = message.path("message");
    String id = Json.text(body, "id", "");
    for (JsonNode block : body.path("content")) {
      int number = blocks.get(id).orElse(0);
      blocks.put(id, number + 1);
      events.add(block(Optional.of(id + ":" + number), parent(message), block));
    }
    if (Json.flag(message, "is_api_error_message")) {
      String text =
          StreamSupport.stream(body.path("content").spliterator(), false)
              .flatMap(block -> Json.text(block, "text").stream())
              .collect(Collectors.joining("\n"));
      events.add(new AgentEvent.Failed(text, Json.text(message, "error"), Optional.empty()));
    }
    return events;
  }

  private AgentEvent block(Optional<String> id, Optional<String> parent, JsonNode block) {
    return switch (Json.text(block, "type", "")) {
      case "text" -> message(id, parent, new ContentPart.Text(Json.text(block, "text", "")));
      case "thinking" ->
          message(
              id,
              parent,
              new ContentPart.Reasoning(Json.text(block, "thinking", ""), Visibility.PUBLIC));
      case "redacted_thinking" ->
          message(id, parent, new ContentPart.Reasoning("", Visibility.PRIVATE));
      case "tool_use" -> {
        String call = Json.text(block, "id", "");
        String tool = Json.text(block, "name", "");
        JsonNode input = Json.value(block, "input").orElseGet(Json::object);
        files.called(call, tool, input);
        calls.put(call, true);
        yield completed(
            Optional.of(call),
            parent,
            Kind.TOOL_CALL,
            Role.ASSISTANT,
            List.of(new ContentPart.ToolCall(tool, input.toString(), call)),
            Status.COMPLETED);
      }
      default ->
          completed(
              id,
              parent,
              Kind.UNKNOWN,
              Role.ASSISTANT,
              List.of(new ContentPart.Json(block)),
              Status.COMPLETED);
    };
  }

  private static AgentEvent message(
      Optional<String> id, Optional<String> parent, ContentPart part) {
    return completed(id, parent, Kind.MESSAGE, Role.ASSISTANT, List.of(part), Status.COMPLETED);
  }

  private List<AgentEvent> user(JsonNode message) {
    List<AgentEvent> events = new ArrayList<>();
    JsonNode content = message.path("message").path("content");
    Optional<String> id = Json.text(message, "uuid");
    if (content.isString()) {
      events.add(userText(id, message, content.asString()));
    }
    if (content.isArray()) {
      for (JsonNode block : content) {
        if (Json.text(block, "type", "").equals("tool_result")) {
          events.add(toolResult(message, block));
        } else {
          Json.text(block, "text").ifPresent(text -> events.add(userText(id, message, text)));
        }
      }
    }
    return events;
  }

  /** Not what the user said, which whoever sent it knows, but what the agent adds by itself. */
  private AgentEvent userText(Optional<String> id, JsonNode message, String text) {
    boolean toSubagent = Json.text(message, "parent_tool_use_id").isPresent();
    return completed(
        id,
        parent(message),
        toSubagent ? Kind.MESSAGE : Kind.SYSTEM,
        toSubagent ? Role.USER : Role.SYSTEM,
        List.of(new ContentPart.Text(text)),
        Status.COMPLETED);
  }

  private AgentEvent toolResult(JsonNode message, JsonNode block) {
    String call = Json.text(block, "tool_use_id", "");
    boolean failed = Json.flag(block, "is_error");
    List<ContentPart> parts = new ArrayList<>();
    parts.add(new ContentPart.ToolResult(call, output(block.path("content"))));
    if (!failed) {
      parts.addAll(files.touched(call, message.path("tool_use_result")));
    }
    return completed(
        Optional.of(call + ":result"),
        parent(message),
        Kind.TOOL_RESULT,
        Role.TOOL,
        parts,
        failed ? Status.FAILED : Status.COMPLETED);
  }

  private static String output(JsonNode content) {
    if (content.isString()) {
      return content.asString();
    }
    return StreamSupport.stream(content.spliterator(), false)
        .map(part ->
            Json.text(part, "text").orElseGet(() -> "[" + Json.text(part, "type", "?") + "]"))
        .collect(Collectors.joining("\n"));
  }

  private List<AgentEvent> stream(JsonNode message) {
    JsonNode event = message.path("event");
    switch (Json.text(event, "type", "")) {
      case "message_start" -> streaming = Json.text(event.path("message"), "id");
      case "content_block_start" -> {
        if (Json.text(event.path("content_block"), "type", "").equals("text")) {
          return List.of(
              new AgentEvent.ItemStarted(
                  new UniversalItem(
                      "",
                      streamedId(message, event),
                      parent(message),
                      Kind.MESSAGE,
                      Optional.of(Role.ASSISTANT),
                      List.of(),
                      Status.IN_PROGRESS)));
        }
      }
      case "content_block_delta" -> {
        Optional<String> text = Json.text(event.path("delta"), "text");
        if (text.isPresent()) {
          return List.of(new AgentEvent.ItemDelta("", streamedId(message, event), text.get()));
        }
      }
      default -> {}
    }
    return List.of();
  }

  private Optional<String> streamedId(JsonNode message, JsonNode event) {
    return Json.text(message, "api_message_id")
        .or(() -> streaming)
        .map(id -> id + ":" + Json.number(event, "index"));
  }

  private List<AgentEvent> result(JsonNode message) {
    List<AgentEvent> events = new ArrayList<>();
    String subtype = Json.text(message, "subtype", "unknown");
    if (Json.flag(message, "is_error")) {
      String text =
          Json.text(message, "result")
              .or(() ->
                  Optional.of(message.path("errors").path(0))
                      .filter(JsonNode::isString)
                      .map(JsonNode::asString))
              .orElse(subtype);
      events.add(new AgentEvent.Failed(text, Optional.of(subtype), Optional.empty()));
    }
    events.add(
        completed(
            Json.text(message, "uuid"),
            Optional.empty(),
            Kind.STATUS,
            Role.SYSTEM,
            List.of(new ContentPart.Status("turn.completed", Optional.of(subtype))),
            Status.COMPLETED));
    return events;
  }

  private Optional<String> parent(JsonNode message) {
    return Json.text(message, "parent_tool_use_id").filter(call -> calls.get(call).isPresent());
  }

  private static AgentEvent completed(
      Optional<String> id,
      Optional<String> parent,
      Kind kind,
      Role role,
      List<ContentPart> parts,
      Status status) {
    return new AgentEvent.ItemCompleted(
        new UniversalItem("", id, parent, kind, Optional.of(role), parts, status));
  }
}
