package dev.dunes.agent.amp;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ContentPart.FileAction;
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
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What Amp's lines mean in the schema that all agents share. Its messages have no ids: a block is
 * {@code <thread>:<number>}. A call has its own id, its result {@code <call>:result}. What the user
 * said is only repeated, and told by whoever sent it.
 */
final class AmpEvents {
  /** A longer file or diff is left out. */
  private static final int DIFF_LIMIT = 256 << 10;

  private final RecentMap<Call> calls = new RecentMap<>(1024);
  private boolean started;
  private int blocks;

  private record Call(String tool, JsonNode input) {}

  /** One line of its output. */
  List<AgentEvent> of(JsonNode line) {
    return switch (Json.text(line, "type", "")) {
      case "system" -> system(line);
      case "assistant" -> assistant(line);
      case "user" -> user(line);
      case "result" -> result(line);
      default -> List.of();
    };
  }

  private List<AgentEvent> system(JsonNode line) {
    if (started || !Json.text(line, "subtype", "").equals("init")) {
      return List.of();
    }
    started = true;
    ObjectNode metadata = Json.object();
    for (String key : List.of("cwd", "tools", "mcp_servers")) {
      Json.value(line, key).ifPresent(value -> metadata.set(key, value));
    }
    return List.of(new AgentEvent.SessionStarted(Optional.of(metadata)));
  }

  private List<AgentEvent> assistant(JsonNode line) {
    List<AgentEvent> events = new ArrayList<>();
    Optional<String> parent = Json.text(line, "parent_tool_use_id");
    for (JsonNode block : line.path("message").path("content")) {
      Optional<String> id = Optional.of(Json.text(line, "session_id", "amp") + ":" + blocks++);
      switch (Json.text(block, "type", "")) {
        case "text" ->
            events.add(message(id, parent, new ContentPart.Text(Json.text(block, "text", ""))));
        case "thinking" ->
            events.add(
                message(
                    id,
                    parent,
                    new ContentPart.Reasoning(
                        Json.text(block, "thinking", ""), Visibility.PUBLIC)));
        case "tool_use" -> events.add(call(parent, block));
        default -> {}
      }
    }
    return events;
  }

  private AgentEvent call(Optional<String> parent, JsonNode block) {
    String id = Json.text(block, "id", "");
    String tool = Json.text(block, "name", "");
    JsonNode input = Json.value(block, "input").orElseGet(Json::object);
    calls.put(id, new Call(tool, input));
    return completed(
        Optional.of(id),
        parent,
        Kind.TOOL_CALL,
        Role.ASSISTANT,
        List.of(new ContentPart.ToolCall(tool, input.toString(), id)),
        Status.COMPLETED);
  }

  private List<AgentEvent> user(JsonNode line) {
    List<AgentEvent> events = new ArrayList<>();
    for (JsonNode block : line.path("message").path("content")) {
      if (Json.text(block, "type", "").equals("tool_result")) {
        events.add(toolResult(Json.text(line, "parent_tool_use_id"), block));
      }
    }
    return events;
  }

  private AgentEvent toolResult(Optional<String> parent, JsonNode block) {
    String id = Json.text(block, "tool_use_id", "");
    boolean error = Json.flag(block, "is_error");
    String said = text(block.path("content"));
    JsonNode about = json(said);
    List<ContentPart> content = new ArrayList<>();
    content.add(new ContentPart.ToolResult(id, Json.text(about, "output").orElse(said)));
    if (!error) {
      calls.remove(id).flatMap(call -> touched(call, about)).ifPresent(content::add);
    }
    boolean failed = error || Json.number(about, "exitCode") != 0;
    return completed(
        Optional.of(id + ":result"),
        parent,
        Kind.TOOL_RESULT,
        Role.TOOL,
        content,
        failed ? Status.FAILED : Status.COMPLETED);
  }

  private static String text(JsonNode content) {
    if (content.isString()) {
      return content.asString();
    }
    return content
        .valueStream()
        .flatMap(part -> Json.text(part, "text").stream())
        .collect(Collectors.joining("\n"));
  }

  /** Results of tools are JSON in a text, mostly. */
  private static JsonNode json(String text) {
    if (!text.startsWith("{")) {
      return Json.object();
    }
    try {
      return Json.MAPPER.readTree(text);
    } catch (JacksonException e) {
      return Json.object();
    }
  }

  private static Optional<ContentPart> touched(Call call, JsonNode about) {
    Optional<String> path = Json.text(call.input(), "path");
    return switch (call.tool()) {
      case "Read" -> path.map(name -> file(name, FileAction.READ, Optional.empty()));
      case "create_file" -> path.map(name -> file(name, FileAction.WRITE, added(call.input())));
      case "edit_file" -> path.map(name -> file(name, FileAction.PATCH, diff(about)));
      default -> Optional.empty();
    };
  }

  private static ContentPart file(String path, FileAction action, Optional<String> diff) {
    return new ContentPart.FileRef(path, action, diff);
  }

  private static Optional<String> added(JsonNode input) {
    return Json.text(input, "content")
        .filter(contents -> contents.length() <= DIFF_LIMIT)
        .map(contents ->
            contents.lines().map(line -> "+" + line + "\n").collect(Collectors.joining()));
  }

  /** From its first hunk on: the names of files stand before it, and a fence around it. */
  private static Optional<String> diff(JsonNode about) {
    return Json.text(about, "diff")
        .filter(text -> text.length() <= DIFF_LIMIT && text.contains("@@"))
        .map(text -> text.substring(text.indexOf("@@")))
        .map(text ->
            text.lines()
                .filter(line -> !line.startsWith("```"))
                .map(line -> line + "\n")
                .collect(Collectors.joining()));
  }

  private List<AgentEvent> result(JsonNode line) {
    return Json.flag(line, "is_error")
        ? List.of(
            new AgentEvent.Failed(
                Json.text(line, "error", "error"), Json.text(line, "subtype"), Optional.empty()))
        : List.of();
  }

  static AgentEvent turnCompleted(JsonNode detail) {
    return completed(
        Optional.empty(),
        Optional.empty(),
        Kind.STATUS,
        Role.SYSTEM,
        List.of(new ContentPart.Status("turn.completed", Optional.of(detail.toString()))),
        Status.COMPLETED);
  }

  private static AgentEvent message(
      Optional<String> id, Optional<String> parent, ContentPart part) {
    return completed(id, parent, Kind.MESSAGE, Role.ASSISTANT, List.of(part), Status.COMPLETED);
  }

  private static AgentEvent completed(
      Optional<String> id,
      Optional<String> parent,
      Kind kind,
      Role role,
      List<ContentPart> content,
      Status status) {
    return new AgentEvent.ItemCompleted(
        new UniversalItem("", id, parent, kind, Optional.of(role), content, status));
  }
}
