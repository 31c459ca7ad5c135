package dev.dunes.agent.codex;

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
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What notifications of Codex mean in the schema that all agents share. Subagents speak on the same
 * stream with threads of their own: their items have the call that started them as their parent.
 * Notices become status items, agent API, sheet 3.1. What has no meaning there has no event.
 */
final class CodexEvents {
  /** Notifications that are told as a status, with its label. */
  private static final Map<String, String> STATUS =
      Map.ofEntries(
          Map.entry("turn/started", "turn.started"),
          Map.entry("turn/completed", "turn.completed"),
          Map.entry("turn/diff/updated", "turn.diff.updated"),
          Map.entry("turn/plan/updated", "turn.plan.updated"),
          Map.entry("thread/compacted", "thread.compacted"),
          Map.entry("thread/tokenUsage/updated", "thread.token_usage.updated"),
          Map.entry("item/mcpToolCall/progress", "mcp.progress"),
          Map.entry("item/reasoning/summaryPartAdded", "reasoning.summary.part_added"),
          Map.entry("rawResponseItem/completed", "raw.item.completed"),
          Map.entry("warning", "notice"),
          Map.entry("guardianWarning", "notice"),
          Map.entry("configWarning", "notice"),
          Map.entry("deprecationNotice", "notice"),
          Map.entry("model/rerouted", "notice"),
          Map.entry("item/commandExecution/terminalInteraction", "notice"));

  private final boolean pieces;
  private final CodexItems items = new CodexItems();

  /** The call that started each thread of a subagent. */
  private final RecentMap<String> parents = new RecentMap<>(1000);

  private Optional<String> thread = Optional.empty();
  private Optional<String> failure = Optional.empty();

  /**
   * @param pieces whether text is told piece by piece, too
   */
  CodexEvents(boolean pieces) {
    this.pieces = pieces;
  }

  /** The thread is open, which one it is and how it was opened. */
  AgentEvent opened(String threadId, JsonNode answer) {
    thread = Optional.of(threadId);
    ObjectNode metadata = Json.object();
    for (String key : List.of("model", "modelProvider", "cwd", "approvalPolicy")) {
      Json.value(answer, key).ifPresent(value -> metadata.set(key, value));
    }
    Json.value(answer.path("thread"), "cliVersion")
        .ifPresent(value -> metadata.set("cliVersion", value));
    return new AgentEvent.SessionStarted(Optional.of(metadata));
  }

  /** A turn begins; {@code ours} when what it is told comes from us, not from the user. */
  void begin(boolean ours) {
    items.ours(ours);
    failure = Optional.empty();
  }

  List<AgentEvent> of(String method, JsonNode params) {
    Optional<String> parent = parent(params);
    JsonNode item = params.path("item");
    return switch (method) {
      case "item/started" -> items.started(item, parent);
      case "item/completed" -> completed(item, parent);
      case "item/agentMessage/delta",
          "item/plan/delta",
          "item/reasoning/summaryTextDelta",
          "item/reasoning/textDelta" ->
          pieces ? delta(params) : List.of();
      case "item/commandExecution/outputDelta" ->
          pieces
              ? items.output(Json.text(params, "itemId", ""), Json.text(params, "delta", ""))
              : List.of();
      case "error" -> List.of(failed(params.path("error"), Json.flag(params, "willRetry")));
      case "mcpServer/startupStatus/updated" ->
          Json.text(params, "status", "").equals("failed")
              ? List.of(status("notice", parent, params))
              : List.of();
      case "turn/started", "turn/completed" -> isOwn(params) ? turn(method, params) : List.of();
      default ->
          STATUS.containsKey(method)
              ? List.of(status(STATUS.get(method), parent, params))
              : List.of();
    };
  }

  private List<AgentEvent> completed(JsonNode item, Optional<String> parent) {
    if (Json.text(item, "type", "").equals("collabAgentToolCall")) {
      for (JsonNode child : item.path("receiverThreadIds")) {
        if (child.isString() && parents.get(child.asString()).isEmpty()) {
          parents.put(child.asString(), Json.text(item, "id", ""));
        }
      }
    }
    return items.completed(item, parent);
  }

  private List<AgentEvent> turn(String method, JsonNode params) {
    List<AgentEvent> events = new ArrayList<>();
    if (method.equals("turn/completed")) {
      JsonNode turn = params.path("turn");
      Optional<JsonNode> error = Json.value(turn, "error");
      if (error.isPresent() && !failure.equals(Json.text(error.get(), "message"))) {
        events.add(failed(error.get(), false));
      }
    }
    events.add(status(STATUS.getOrDefault(method, method), Optional.empty(), params));
    return events;
  }

  /** The turn is over, with all it started: what is not complete will never be. */
  List<AgentEvent> unfinished() {
    return items.unfinished();
  }

  private static List<AgentEvent> delta(JsonNode params) {
    return List.of(
        new AgentEvent.ItemDelta("", Json.text(params, "itemId"), Json.text(params, "delta", "")));
  }

  private AgentEvent failed(JsonNode error, boolean willRetry) {
    String message = Json.text(error, "message", "the turn has failed");
    if (!willRetry) {
      failure = Optional.of(message);
    }
    ObjectNode details = Json.object().put("willRetry", willRetry);
    for (String key : List.of("codexErrorInfo", "additionalDetails")) {
      Json.value(error, key).ifPresent(value -> details.set(key, value));
    }
    return new AgentEvent.Failed(message, Optional.of(code(error)), Optional.of(details));
  }

  /** The name of an error: a word, or the only key of an object. */
  static String code(JsonNode error) {
    JsonNode info = error.path("codexErrorInfo");
    return info.isString()
        ? info.asString()
        : info.propertyNames().stream().findFirst().orElse("failed");
  }

  private static AgentEvent status(String label, Optional<String> parent, JsonNode detail) {
    return new AgentEvent.ItemCompleted(statusItem(Optional.empty(), parent, label, detail));
  }

  static UniversalItem statusItem(
      Optional<String> id, Optional<String> parent, String label, JsonNode detail) {
    return new UniversalItem(
        "",
        id,
        parent,
        Kind.STATUS,
        Optional.of(Role.SYSTEM),
        List.of(new ContentPart.Status(label, Optional.of(detail.toString()))),
        Status.COMPLETED);
  }

  boolean isOwn(JsonNode params) {
    Optional<String> of = Json.text(params, "threadId");
    return of.isEmpty() || thread.isEmpty() || of.equals(thread);
  }

  private Optional<String> parent(JsonNode params) {
    return Json.text(params, "threadId").flatMap(parents::get);
  }
}
