package dev.dunes.agent.pi;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ContentPart.FileAction;
import dev.dunes.agent.ContentPart.FileRef;
import dev.dunes.agent.ContentPart.Visibility;
import dev.dunes.agent.TurnOutcome;
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
 * What events of pi mean in the schema that all agents share. A block of a message is an item; its
 * native id is {@code message-<n>:<number of the block>}, that of a call its own, that of its
 * result {@code <call>:result}.
 */
final class PiEvents {
  private static final Set<String> STATUS =
      Set.of("auto_retry_start", "auto_retry_end", "compaction_start", "compaction_end");

  private final boolean pieces;
  private final RecentMap<JsonNode> calls = new RecentMap<>(64);
  private int messages;

  PiEvents(boolean pieces) {
    this.pieces = pieces;
  }

  /**
   * Takes out what only repeats: a piece of a message holds the whole message twice, even what
   * comes later of it, and the end of a run the whole conversation.
   *
   * @return whether something was taken out
   */
  static boolean withoutRepetition(ObjectNode event) {
    return switch (Json.text(event, "type", "")) {
      case "message_update" -> {
        event.remove("message");
        if (event.get("assistantMessageEvent") instanceof ObjectNode update) {
          update.remove("partial");
        }
        yield true;
      }
      case "agent_end" -> event.remove("messages") != null;
      case "turn_end" -> {
        event.remove("message");
        event.remove("toolResults");
        yield true;
      }
      default -> false;
    };
  }

  List<AgentEvent> of(JsonNode event) {
    String type = Json.text(event, "type", "");
    JsonNode message = event.path("message");
    boolean assistant = Json.text(message, "role", "").equals("assistant");
    return switch (type) {
      case "message_start" -> {
        messages += assistant ? 1 : 0;
        yield List.of();
      }
      case "message_update" -> update(event.path("assistantMessageEvent"));
      case "message_end" -> assistant ? message(message) : List.of();
      case "tool_execution_start" -> List.of(call(event));
      case "tool_execution_end" -> List.of(result(event));
      default -> STATUS.contains(type) ? List.of(status(type, event)) : List.of();
    };
  }

  private String block(int number) {
    return "message-" + messages + ":" + number;
  }

  private List<AgentEvent> update(JsonNode update) {
    String id = block(Json.number(update, "contentIndex"));
    if (!pieces) {
      return List.of();
    }
    return switch (Json.text(update, "type", "")) {
      case "text_start" ->
          List.of(
              new AgentEvent.ItemStarted(
                  new UniversalItem(
                      "",
                      Optional.of(id),
                      Optional.empty(),
                      Kind.MESSAGE,
                      Optional.of(Role.ASSISTANT),
                      List.of(),
                      Status.IN_PROGRESS)));
      case "text_delta" ->
          Json.text(update, "delta")
              .<List<AgentEvent>>map(
                  delta -> List.of(new AgentEvent.ItemDelta("", Optional.of(id), delta)))
              .orElse(List.of());
      default -> List.of();
    };
  }

  private List<AgentEvent> message(JsonNode message) {
    List<AgentEvent> events = new ArrayList<>();
    int number = 0;
    for (JsonNode block : message.path("content")) {
      String id = block(number++);
      switch (Json.text(block, "type", "")) {
        case "text" -> events.add(said(id, new ContentPart.Text(Json.text(block, "text", ""))));
        case "thinking" ->
            events.add(
                said(
                    id,
                    new ContentPart.Reasoning(
                        Json.text(block, "thinking", ""),
                        Json.flag(block, "redacted") ? Visibility.PRIVATE : Visibility.PUBLIC)));
        default -> {} // a call is told when it starts
      }
    }
    if (Json.text(message, "stopReason", "").equals("error")) {
      events.add(
          new AgentEvent.Failed(
              Json.text(message, "errorMessage", "the model call failed"),
              Optional.of("api_error"),
              Optional.empty()));
    }
    return events;
  }

  private static AgentEvent said(String id, ContentPart part) {
    return completed(
        Optional.of(id), Kind.MESSAGE, Role.ASSISTANT, List.of(part), Status.COMPLETED);
  }

  private AgentEvent call(JsonNode event) {
    String id = Json.text(event, "toolCallId", "");
    JsonNode arguments = Json.value(event, "args").orElseGet(Json::object);
    calls.put(id, arguments);
    return completed(
        Optional.of(id),
        Kind.TOOL_CALL,
        Role.ASSISTANT,
        List.of(
            new ContentPart.ToolCall(Json.text(event, "toolName", ""), arguments.toString(), id)),
        Status.COMPLETED);
  }

  private AgentEvent result(JsonNode event) {
    String id = Json.text(event, "toolCallId", "");
    boolean failed = Json.flag(event, "isError");
    List<ContentPart> parts = new ArrayList<>();
    String output =
        StreamSupport.stream(event.path("result").path("content").spliterator(), false)
            .map(part ->
                Json.text(part, "text").orElseGet(() -> "[" + Json.text(part, "type", "?") + "]"))
            .collect(Collectors.joining("\n"));
    parts.add(new ContentPart.ToolResult(id, output));
    Optional<JsonNode> arguments = calls.remove(id);
    if (!failed) {
      arguments
          .flatMap(each -> file(Json.text(event, "toolName", ""), each, event.path("result")))
          .ifPresent(parts::add);
    }
    return completed(
        Optional.of(id + ":result"),
        Kind.TOOL_RESULT,
        Role.TOOL,
        parts,
        failed ? Status.FAILED : Status.COMPLETED);
  }

  private static Optional<FileRef> file(String tool, JsonNode arguments, JsonNode result) {
    Optional<String> path = Json.text(arguments, "path");
    Optional<FileAction> action =
        switch (tool) {
          case "read" -> Optional.of(FileAction.READ);
          case "write" -> Optional.of(FileAction.WRITE);
          case "edit" -> Optional.of(FileAction.PATCH);
          default -> Optional.empty();
        };
    Optional<String> diff =
        switch (tool) {
          case "write" -> Json.text(arguments, "content").flatMap(PiDiff::added);
          case "edit" -> Json.text(result.path("details"), "diff").flatMap(PiDiff::unified);
          default -> Optional.empty();
        };
    return path.flatMap(place -> action.map(how -> new FileRef(place, how, diff)));
  }

  private static AgentEvent status(String label, JsonNode event) {
    ObjectNode detail = Json.object();
    event.forEachEntry((key, value) -> {
      if (!key.equals("type")) {
        detail.set(key, value);
      }
    });
    return completed(
        Optional.empty(),
        Kind.STATUS,
        Role.SYSTEM,
        List.of(new ContentPart.Status(label, Optional.of(detail.toString()))),
        Status.COMPLETED);
  }

  /** The turn is over. */
  static AgentEvent end(TurnOutcome how) {
    return completed(
        Optional.empty(),
        Kind.STATUS,
        Role.SYSTEM,
        List.of(new ContentPart.Status("turn.completed", Optional.of(how.reason()))),
        how.success() ? Status.COMPLETED : Status.FAILED);
  }

  private static AgentEvent completed(
      Optional<String> id, Kind kind, Role role, List<ContentPart> parts, Status status) {
    return new AgentEvent.ItemCompleted(
        new UniversalItem("", id, Optional.empty(), kind, Optional.of(role), parts, status));
  }
}
