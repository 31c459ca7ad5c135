package dev.dunes.hosting;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What is known about a key. The key itself is known to its holder only.
 *
 * @param id of the key and of its account
 * @param name for people
 * @param prefix how the key begins, to tell keys apart
 * @param createdAt when it was made
 * @param revokedAt since when it is not good any more
 * @param limits where they differ from the server's, see {@link AccountLimits#NAMES}
 */
public record ApiKey(
    String id,
    String name,
    String prefix,
    Instant createdAt,
    Optional<Instant> revokedAt,
    Map<String, String> limits) {
  public ApiKey {
    limits = Map.copyOf(limits);
  }
}
