package dev.dunes.agent.harness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalEvents;
import dev.dunes.agent.UniversalItem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What must hold for the events of every agent. */
public final class Soundness {
  private Soundness() {}

  /** Of whole turns. */
  public static void check(List<AgentEvent> events) {
    Set<String> known = new HashSet<>();
    Set<String> started = new HashSet<>();
    Set<String> completed = new HashSet<>();
    List<String> calls = new ArrayList<>();
    List<String> results = new ArrayList<>();
    for (AgentEvent event : events) {
      assertThat(event).isNotInstanceOf(AgentEvent.Unparsed.class);
      assertThat(UniversalEvents.event(event.type(), UniversalEvents.data(event))).isEqualTo(event);
      switch (event) {
        case AgentEvent.ItemStarted begin -> {
          check(begin.item(), known);
          begin.item().nativeItemId().ifPresent(id -> assertThat(started.add(id)).as(id).isTrue());
        }
        case AgentEvent.ItemCompleted end -> {
          check(end.item(), known);
          end.item().nativeItemId().ifPresent(id -> assertThat(completed.add(id)).as(id).isTrue());
          for (ContentPart part : end.item().content()) {
            if (part instanceof ContentPart.ToolCall call) {
              calls.add(call.callId());
            } else if (part instanceof ContentPart.ToolResult result) {
              results.add(result.callId());
            }
          }
        }
        default -> {}
      }
    }
    assertThat(completed).as("what began has ended").containsAll(started);
    assertThat(calls).as("results have calls").containsAll(results);
    assertThat(count(events, AgentEvent.PermissionResolved.class))
        .isEqualTo(count(events, AgentEvent.PermissionRequested.class));
    assertThat(count(events, AgentEvent.QuestionResolved.class))
        .isEqualTo(count(events, AgentEvent.QuestionRequested.class));
  }

  private static void check(UniversalItem item, Set<String> known) {
    assertThat(item.itemId()).isEmpty();
    item.parentId().ifPresent(parent -> assertThat(known).as("a parent is known").contains(parent));
    item.nativeItemId().ifPresent(known::add);
  }

  private static long count(List<AgentEvent> events, Class<? extends AgentEvent> type) {
    return events.stream().filter(type::isInstance).count();
  }
}
