package dev.dunes.agent.acp;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.agent.UniversalItem.Status;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.RecentMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The calls of tools, by their ids. A call is told once, when what it is called with is known; its
 * result once, when it is done.
 */
final class AcpTools {
  private final AcpProfile.ToolNames names;
  private final Map<String, AcpTool> open = new LinkedHashMap<>();
  private final RecentMap<Boolean> done = new RecentMap<>(AcpLimits.DONE_TOOLS);

  AcpTools(AcpProfile.ToolNames names) {
    this.names = names;
  }

  Optional<AcpTool> get(String id) {
    return Optional.ofNullable(open.get(id));
  }

  /** Something is told about a call. */
  void update(JsonNode told, List<AgentEvent> events) {
    find(told, events)
        .ifPresent(tool -> {
          if (tool.isReady()) {
            announce(tool, events);
          }
          if (tool.isDone()) {
            finish(tool, events);
          }
        });
  }

  /** The agent asks about a call, which may be told with that. */
  void asked(JsonNode told, List<AgentEvent> events) {
    find(told, events).ifPresent(tool -> announce(tool, events));
  }

  private Optional<AcpTool> find(JsonNode told, List<AgentEvent> events) {
    String id = Json.text(told, "toolCallId", "");
    if (id.isEmpty() || done.get(id).isPresent()) {
      return Optional.empty();
    }
    AcpTool tool = open.get(id);
    if (tool == null) {
      if (open.size() >= AcpLimits.OPEN_TOOLS) {
        end(open.values().iterator().next(), events);
      }
      tool = new AcpTool(id, names);
      open.put(id, tool);
    }
    tool.update(told);
    return Optional.of(tool);
  }

  private static void announce(AcpTool tool, List<AgentEvent> events) {
    if (!tool.announced) {
      tool.announced = true;
      events.add(
          AcpEvents.completed(
              Optional.of(tool.id()),
              Kind.TOOL_CALL,
              Role.ASSISTANT,
              List.of(tool.call()),
              Status.COMPLETED));
    }
  }

  private void finish(AcpTool tool, List<AgentEvent> events) {
    open.remove(tool.id());
    done.put(tool.id(), true);
    events.add(
        AcpEvents.completed(
            Optional.of(tool.id() + ":result"),
            Kind.TOOL_RESULT,
            Role.TOOL,
            tool.result(),
            tool.isBad() ? Status.FAILED : Status.COMPLETED));
  }

  private void end(AcpTool tool, List<AgentEvent> events) {
    announce(tool, events);
    tool.endWithout("the agent did not say what came of it");
    finish(tool, events);
  }

  /** Nothing more will be told about those that are open. */
  void end(List<AgentEvent> events) {
    List.copyOf(open.values()).forEach(tool -> end(tool, events));
  }
}
