package dev.dunes.session.journal;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * A session as it is in the journal.
 *
 * @param key its number in the journal; never used again
 * @param id chosen by its user
 * @param sequence of its last event; 0 when there is none
 * @param items how many items it has
 * @param state what else is known of it, JSON of whoever keeps it
 */
public record StoredSession(
    long key,
    String id,
    Instant createdAt,
    Instant updatedAt,
    long sequence,
    long items,
    String state) {
  public StoredSession {
    requireNonNull(id, "id");
    requireNonNull(createdAt, "createdAt");
    requireNonNull(updatedAt, "updatedAt");
    requireNonNull(state, "state");
  }
}
