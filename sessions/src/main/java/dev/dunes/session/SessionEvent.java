package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.UniversalEvent;
import dev.dunes.agent.UniversalEvents;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/**
 * An event as it is in the journal: written once, handed to every reader as it is.
 *
 * @param sequence from 1, without gaps
 * @param json the whole event with {@code "raw":null}, UTF-8, as {@link UniversalEvents#toJson}
 *     writes it; not copied, never changed
 * @param raw what the agent wrote, JSON in UTF-8, when it was kept; not copied, never changed
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record SessionEvent(long sequence, byte[] json, Optional<byte[]> raw) {
  public SessionEvent {
    requireNonNull(json, "json");
    requireNonNull(raw, "raw");
  }

  /** The same, read. */
  public UniversalEvent event() {
    return UniversalEvents.fromJson(JsonMapper.shared().readTree(json));
  }
}
