package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.UniversalEvents;
import dev.dunes.agent.UniversalItem;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionInfo;
import dev.dunes.session.TranscriptFormat;
import dev.dunes.session.journal.EventLog;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes down what was said in a session: each item once, as it was in the end. */
final class Transcripts {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int PAGE = 1000;

  private Transcripts() {}

  /** Something to write down, in the order in which it began. */
  private sealed interface Line {
    record Item(UniversalItem item) implements Line {}

    record Event(AgentEvent event) implements Line {}
  }

  static String of(EventLog log, SessionInfo info, TranscriptFormat format) {
    Map<String, Line> lines = new LinkedHashMap<>();
    long offset = 0;
    while (true) {
      List<SessionEvent> events = log.page(offset, OptionalLong.of(PAGE)).events();
      if (events.isEmpty()) {
        break;
      }
      for (SessionEvent event : events) {
        see(event, lines);
      }
      offset = events.getLast().sequence();
    }
    return switch (format) {
      case JSON -> json(info, lines);
      case MARKDOWN -> markdown(info, lines);
    };
  }

  private static void see(SessionEvent event, Map<String, Line> lines) {
    switch (event.event().data()) {
      case AgentEvent.ItemStarted started ->
          lines.put(started.item().itemId(), new Line.Item(started.item()));
      case AgentEvent.ItemDelta _ -> {} // the completed item has all of it
      case AgentEvent.ItemCompleted completed ->
          lines.put(completed.item().itemId(), new Line.Item(completed.item()));
      case AgentEvent.SessionStarted _, AgentEvent.Turn _ -> {}
      case AgentEvent other -> lines.put("event " + event.sequence(), new Line.Event(other));
    }
  }

  private static String json(SessionInfo info, Map<String, Line> lines) {
    ObjectNode json = JSON.createObjectNode();
    ObjectNode session = json.putObject("session");
    session.put("sessionId", info.sessionId());
    session.put("agent", info.agent());
    session.put("agentMode", info.agentMode());
    session.put("permissionMode", info.permissionMode());
    session.put("model", info.model().orElse(null));
    session.put("title", info.title().orElse(null));
    session.put("createdAt", info.createdAt().toString());
    session.put("updatedAt", info.updatedAt().toString());
    session.put("ended", info.ended());
    ArrayNode items = json.putArray("items");
    lines.values().forEach(line -> items.add(node(line)));
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json);
  }

  private static JsonNode node(Line line) {
    return switch (line) {
      case Line.Item item -> JSON.valueToTree(item.item());
      case Line.Event event ->
          JSON.createObjectNode()
              .put("type", event.event().type())
              .set("data", UniversalEvents.data(event.event()));
    };
  }

  private static String markdown(SessionInfo info, Map<String, Line> lines) {
    StringBuilder text = new StringBuilder();
    text.append("# ").append(info.title().orElse(info.sessionId())).append("\n\n");
    text.append("%s, %s\n".formatted(info.agent(), info.createdAt()));
    for (Line line : lines.values()) {
      switch (line) {
        case Line.Item item -> MarkdownItem.write(item.item(), text);
        case Line.Event event -> MarkdownItem.write(event.event(), text);
      }
    }
    return text.toString();
  }
}
