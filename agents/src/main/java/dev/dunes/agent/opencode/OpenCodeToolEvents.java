package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.agent.UniversalItem.Status;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.RecentMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Calls of tools: started when the model names the tool, complete with its arguments, then the
 * result, with the output of a command piece by piece as it comes.
 */
final class OpenCodeToolEvents {
  private final RecentMap<Progress> calls = new RecentMap<>(256);

  /**
   * How far a call is.
   *
   * @param complete whether its arguments were told
   * @param over whether its result was told
   * @param told of its output so many characters were told
   * @param hash of those, to see whether the output only grew
   */
  private record Progress(boolean complete, boolean over, int told, int hash) {
    static final Progress NONE = new Progress(false, false, 0, "".hashCode());
  }

  /** A part of type {@code tool}. */
  List<AgentEvent> of(JsonNode part, Optional<String> parent) {
    String call = Json.text(part, "callID", "");
    String tool = Json.text(part, "tool", "");
    JsonNode state = part.path("state");
    String status = Json.text(state, "status", "");
    Optional<Progress> known = calls.get(call);
    Progress progress = known.orElse(Progress.NONE);
    List<AgentEvent> events = new ArrayList<>();
    if (progress.over()) {
      return events;
    }
    if (known.isEmpty()) {
      events.add(
          new AgentEvent.ItemStarted(
              item(
                  call,
                  parent,
                  Kind.TOOL_CALL,
                  Role.ASSISTANT,
                  List.of(new ContentPart.ToolCall(tool, "", call)),
                  Status.IN_PROGRESS)));
    }
    if (!status.equals("pending") && !progress.complete()) {
      String arguments = Json.value(state, "input").orElseGet(Json::object).toString();
      events.add(
          new AgentEvent.ItemCompleted(
              item(
                  call,
                  parent,
                  Kind.TOOL_CALL,
                  Role.ASSISTANT,
                  List.of(new ContentPart.ToolCall(tool, arguments, call)),
                  Status.COMPLETED)));
      progress = new Progress(true, false, progress.told(), progress.hash());
    }
    switch (status) {
      case "running" -> progress = output(call, parent, state, progress, events);
      case "completed", "error" -> {
        events.add(new AgentEvent.ItemCompleted(result(call, tool, parent, state)));
        progress = new Progress(true, true, 0, 0);
      }
      default -> {}
    }
    calls.put(call, progress);
    return events;
  }

  private static Progress output(
      String call,
      Optional<String> parent,
      JsonNode state,
      Progress progress,
      List<AgentEvent> events) {
    String output = Json.text(state.path("metadata"), "output", "");
    int told = progress.told();
    boolean grew =
        output.length() > told && output.substring(0, told).hashCode() == progress.hash();
    if (!grew) {
      return progress;
    }
    String result = call + ":result";
    if (told == 0) {
      events.add(
          new AgentEvent.ItemStarted(
              item(
                  result,
                  parent,
                  Kind.TOOL_RESULT,
                  Role.TOOL,
                  List.of(new ContentPart.ToolResult(call, "")),
                  Status.IN_PROGRESS)));
    }
    events.add(new AgentEvent.ItemDelta("", Optional.of(result), output.substring(told)));
    return new Progress(true, false, output.length(), output.hashCode());
  }

  private static UniversalItem result(
      String call, String tool, Optional<String> parent, JsonNode state) {
    boolean error = Json.text(state, "status", "").equals("error");
    List<ContentPart> content = new ArrayList<>();
    content.add(new ContentPart.ToolResult(call, Json.text(state, error ? "error" : "output", "")));
    if (!error) {
      content.addAll(OpenCodeFiles.touched(tool, state));
    }
    boolean failed = error || Json.number(state.path("metadata"), "exit") != 0;
    return item(
        call + ":result",
        parent,
        Kind.TOOL_RESULT,
        Role.TOOL,
        content,
        failed ? Status.FAILED : Status.COMPLETED);
  }

  private static UniversalItem item(
      String id,
      Optional<String> parent,
      Kind kind,
      Role role,
      List<ContentPart> content,
      Status status) {
    return new UniversalItem("", Optional.of(id), parent, kind, Optional.of(role), content, status);
  }
}
