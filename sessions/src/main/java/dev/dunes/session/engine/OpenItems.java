package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalItem;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.journal.EventLog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Finds the items of a turn that was cut off, and the events that bring them to an end. */
final class OpenItems {
  private static final int PAGE = 1000;

  private OpenItems() {}

  /**
   * @param after the sequence after which the turn began
   */
  static List<AgentEvent> of(EventLog log, long after) {
    Map<String, OpenItem> open = new LinkedHashMap<>();
    long offset = after;
    while (true) {
      List<SessionEvent> events = log.page(offset, OptionalLong.of(PAGE)).events();
      if (events.isEmpty()) {
        break;
      }
      events.forEach(event -> see(event.event().data(), open));
      offset = events.getLast().sequence();
    }
    List<AgentEvent> ends = new ArrayList<>();
    open.values().forEach(item -> ends.add(end(item)));
    return ends;
  }

  private static void see(AgentEvent event, Map<String, OpenItem> open) {
    switch (event) {
      case AgentEvent.ItemStarted started ->
          open.put(
              started.item().itemId(),
              new OpenItem(started.item().itemId(), started.item().nativeItemId(), started.item()));
      case AgentEvent.ItemDelta delta -> {
        OpenItem item = open.get(delta.itemId());
        if (item != null) {
          item.add(delta.delta());
        }
      }
      case AgentEvent.ItemCompleted completed -> open.remove(completed.item().itemId());
      default -> {}
    }
  }

  private static AgentEvent end(OpenItem open) {
    UniversalItem item = open.started();
    List<ContentPart> content =
        open.text().isEmpty() ? item.content() : List.of(new ContentPart.Text(open.text()));
    return new AgentEvent.ItemCompleted(
        new UniversalItem(
            item.itemId(),
            item.nativeItemId(),
            item.parentId(),
            item.kind(),
            item.role(),
            content,
            UniversalItem.Status.FAILED));
  }
}
