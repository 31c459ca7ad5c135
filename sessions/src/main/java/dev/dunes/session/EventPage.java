package dev.dunes.session;

import java.util.List;

/**
 * A part of a journal.
 *
 * @param events in order
 * @param hasMore whether more were there when it was read
 */
public record EventPage(List<SessionEvent> events, boolean hasMore) {
  public EventPage {
    events = List.copyOf(events);
  }
}
