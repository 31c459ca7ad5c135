package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalEvent;
import dev.dunes.agent.UniversalEvents;
import dev.dunes.agent.UniversalItem;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.journal.EventLog;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the events of a session, writes each once as bytes and hands it to the journal. Used with
 * the lock of its session: the order of calls is the order of the events.
 */
final class EventWriter {
  /** More of a text cannot be searched for. */
  private static final int MOST_TEXT = 64 << 10;

  private final EventLog log;
  private long sequence;
  private Optional<String> nativeId;

  EventWriter(EventLog log, long sequence, Optional<String> nativeId) {
    this.log = log;
    this.sequence = sequence;
    this.nativeId = nativeId;
  }

  /** The sequence of the last event. */
  long sequence() {
    return sequence;
  }

  void nativeId(String id) {
    nativeId = Optional.of(id);
  }

  /**
   * Appends an event.
   *
   * @param items how many items the session has with it
   */
  void write(AgentEvent data, boolean synthetic, Optional<byte[]> raw, long items) {
    long next = sequence + 1;
    UniversalEvent event =
        new UniversalEvent(
            next,
            Instant.now(),
            log.sessionId(),
            nativeId,
            synthetic,
            synthetic ? UniversalEvent.Source.DAEMON : UniversalEvent.Source.AGENT,
            data,
            Optional.empty());
    log.append(
        new SessionEvent(next, UniversalEvents.toBytes(event), raw), items, searchable(data));
    sequence = next;
  }

  /** What was said, when this is the end of a message. */
  private static @Nullable String searchable(AgentEvent event) {
    if (!(event instanceof AgentEvent.ItemCompleted completed)
        || completed.item().kind() != UniversalItem.Kind.MESSAGE) {
      return null;
    }
    String text =
        completed.item().content().stream()
            .filter(ContentPart.Text.class::isInstance)
            .map(part -> ((ContentPart.Text) part).text())
            .collect(Collectors.joining("\n"));
    if (text.isBlank()) {
      return null;
    }
    return text.length() <= MOST_TEXT ? text : text.substring(0, MOST_TEXT);
  }
}
