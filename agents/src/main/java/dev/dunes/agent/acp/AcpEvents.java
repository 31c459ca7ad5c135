package dev.dunes.agent.acp;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.agent.UniversalItem.Status;
import dev.dunes.agent.drive.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What updates of an ACP agent mean in the schema that all agents share. Pieces of text are put
 * together to items; the native id of a message is {@code <message id>:<number>}, that of a call
 * its own, that of its result {@code <call>:result}. What is no text and no tool is a status, with
 * what the agent said as its detail.
 */
final class AcpEvents {
  private static final Set<String> STATUS =
      Set.of(
          "plan",
          "usage_update",
          "available_commands_update",
          "current_mode_update",
          "config_option_update",
          "session_info_update");

  private final AcpProfile profile;
  private final AcpText text;
  private final AcpTools tools;
  private int notices;

  /**
   * @param pieces whether texts are told piece by piece, too
   */
  AcpEvents(AcpProfile profile, boolean pieces) {
    this.profile = profile;
    this.text = new AcpText(profile.thoughtPrefix(), pieces);
    this.tools = new AcpTools(profile.toolNames());
  }

  /** The conversation is open. */
  static AgentEvent opened(JsonNode answer) {
    ObjectNode metadata = Json.object();
    for (String key : List.of("modes", "models", "configOptions")) {
      Json.value(answer, key).ifPresent(value -> metadata.set(key, value));
    }
    return new AgentEvent.SessionStarted(Optional.of(metadata));
  }

  /** A turn begins. */
  void begin() {
    text.begin();
  }

  /** An update of the conversation. */
  List<AgentEvent> update(JsonNode update) {
    String kind = Json.text(update, "sessionUpdate", "");
    List<AgentEvent> events = new ArrayList<>();
    switch (kind) {
      case "agent_message_chunk" -> message(update, events);
      case "agent_thought_chunk" -> text.piece(AcpText.Sort.THOUGHT, update, events);
      case "tool_call", "tool_call_update" -> {
        text.close(events);
        tools.update(update, events);
      }
      case "user_message_chunk" -> text.close(events); // who sent it knows it
      default -> {
        if (STATUS.contains(kind)) {
          events.add(status(kind, Optional.of(withoutKind(update).toString())));
        }
      }
    }
    return events;
  }

  private void message(JsonNode update, List<AgentEvent> events) {
    JsonNode content = update.path("content");
    if (!Json.text(content, "type", "").equals("text")) {
      text.close(events);
      events.add(
          completed(
              Optional.empty(),
              Kind.MESSAGE,
              Role.ASSISTANT,
              List.of(new ContentPart.Json(content)),
              Status.COMPLETED));
    } else if (profile.notices() && Json.text(update, "messageId").isEmpty()) {
      text.close(events);
      events.add(status("notice", Json.text(content, "text").map(String::strip)));
    } else {
      text.piece(AcpText.Sort.MESSAGE, update, events);
    }
  }

  /** The agent asks whether it may use a tool; the tool may be told here for the first time. */
  List<AgentEvent> asked(JsonNode toolCall) {
    List<AgentEvent> events = new ArrayList<>();
    text.close(events);
    tools.asked(toolCall, events);
    return events;
  }

  /** What is known of the tool of this call. */
  Optional<AcpTool> tool(String id) {
    return tools.get(id);
  }

  /** What is known of a tool, as far as this says. */
  AcpTool toolOf(JsonNode toolCall) {
    String id = Json.text(toolCall, "toolCallId", "");
    return tool(id)
        .orElseGet(() -> {
          AcpTool tool = new AcpTool(id, profile.toolNames());
          tool.update(toolCall);
          return tool;
        });
  }

  /** What was being written is complete. */
  List<AgentEvent> close() {
    List<AgentEvent> events = new ArrayList<>();
    text.close(events);
    return events;
  }

  /** The turn is over: nothing of it will be told any more. */
  List<AgentEvent> end(TurnOutcome how) {
    List<AgentEvent> events = close();
    tools.end(events);
    events.add(
        completed(
            Optional.empty(),
            Kind.STATUS,
            Role.SYSTEM,
            List.of(new ContentPart.Status("turn.completed", Optional.of(how.reason()))),
            how.success() ? Status.COMPLETED : Status.FAILED));
    return events;
  }

  /** What the agent said last in this turn. */
  Optional<String> lastText() {
    return text.last();
  }

  private AgentEvent status(String label, Optional<String> detail) {
    return completed(
        Optional.of("status-" + ++notices),
        Kind.STATUS,
        Role.SYSTEM,
        List.of(new ContentPart.Status(label, detail.map(AcpLimits::cut))),
        Status.COMPLETED);
  }

  private static ObjectNode withoutKind(JsonNode update) {
    ObjectNode detail = Json.object();
    update.forEachEntry((key, value) -> {
      if (!key.equals("sessionUpdate")) {
        detail.set(key, value);
      }
    });
    return detail;
  }

  static AgentEvent completed(
      Optional<String> id, Kind kind, Role role, List<ContentPart> parts, Status status) {
    return new AgentEvent.ItemCompleted(
        new UniversalItem("", id, Optional.empty(), kind, Optional.of(role), parts, status));
  }
}
