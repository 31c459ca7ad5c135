package dev.dunes.hosting;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** What became of sandboxes that are gone, for 24 hours; at most 10,000. Sandbox API 4.11. */
final class Graves {
  private static final Duration KEPT = Duration.ofHours(24);
  private static final int MOST = 10_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Grave> graves =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Grave> eldest) {
          return size() > MOST || eldest.getValue().at().plus(KEPT).isBefore(Instant.now());
        }
      };

  private record Grave(String account, String why, Instant at) {}

  void add(String account, String id, String why, Instant at) {
    lock.lock();
    try {
      graves.put(id, new Grave(account, why, at));
    } finally {
      lock.unlock();
    }
  }

  /** Such as {@code expired at 2026-01-01T00:00:00Z}; what belongs to others never existed. */
  String epitaph(String account, String id) {
    return epitaph(id, grave -> grave.account().equals(account));
  }

  /** The same, whoever it belonged to. */
  String epitaph(String id) {
    return epitaph(id, grave -> true);
  }

  private String epitaph(String id, Predicate<Grave> known) {
    lock.lock();
    try {
      return Optional.ofNullable(graves.get(id))
          .filter(known)
          .filter(grave -> grave.at().plus(KEPT).isAfter(Instant.now()))
          .map(grave -> grave.why() + " at " + grave.at())
          .orElse("never existed");
    } finally {
      lock.unlock();
    }
  }
}
