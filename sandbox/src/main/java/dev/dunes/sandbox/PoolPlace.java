package dev.dunes.sandbox;

import java.util.Optional;

/**
 * What a request to a pool got: an entry, or room for a new one.
 *
 * @param reusable the entry, busy from now on
 * @param victim the one that must be destroyed for the room, off the shelf already
 */
record PoolPlace(Optional<PoolEntry> reusable, Optional<PoolEntry> victim) {
  /** Room that was free. */
  static final PoolPlace ROOM = new PoolPlace(Optional.empty(), Optional.empty());

  static PoolPlace of(PoolEntry entry) {
    return new PoolPlace(Optional.of(entry), Optional.empty());
  }

  static PoolPlace insteadOf(PoolEntry entry) {
    return new PoolPlace(Optional.empty(), Optional.of(entry));
  }
}
