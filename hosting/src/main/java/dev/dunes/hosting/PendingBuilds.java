package dev.dunes.hosting;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Builds that were asked for and not started yet: so many of an account, and each for so long. Safe
 * for use by several threads.
 */
final class PendingBuilds {
  /** How many of one account may wait to be started. */
  static final int MOST_OF_ACCOUNT = 100;

  /** How long a client may take from asking for a build to starting it; it uploads files then. */
  static final Duration PATIENCE = Duration.ofHours(1);

  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();

  /** By the build's id, the oldest first. */
  private final Map<String, Pending> all = new LinkedHashMap<>();

  private record Pending(String account, List<String> tags, Instant since) {}

  PendingBuilds(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * A build is going to be started, and will have these tags.
   *
   * @throws HostingException of reason {@code LIMIT_REACHED} when the account has too many
   */
  void expect(String account, String build, List<String> tags) {
    lock.lock();
    try {
      if (all.values().stream().filter(one -> one.account().equals(account)).count()
          >= MOST_OF_ACCOUNT) {
        throw new HostingException(
            HostingException.Reason.LIMIT_REACHED,
            "you have reached the limit of %d builds that were asked for and not started; start them, or delete their templates. They are given up after %d minutes"
                .formatted(MOST_OF_ACCOUNT, PATIENCE.toMinutes()));
      }
      all.put(build, new Pending(account, List.copyOf(tags), clock.instant()));
    } finally {
      lock.unlock();
    }
  }

  /** The tags of a build that waits to be started; it does not wait any more then. */
  Optional<List<String>> take(String build) {
    lock.lock();
    try {
      return Optional.ofNullable(all.remove(build)).map(Pending::tags);
    } finally {
      lock.unlock();
    }
  }

  /** Those whose time is over; they do not wait any more. */
  List<String> overdue() {
    Instant least = clock.instant().minus(PATIENCE);
    List<String> overdue = new ArrayList<>();
    lock.lock();
    try {
      Iterator<Map.Entry<String, Pending>> oldest = all.entrySet().iterator();
      while (oldest.hasNext()) {
        Map.Entry<String, Pending> next = oldest.next();
        if (next.getValue().since().isAfter(least)) {
          break;
        }
        overdue.add(next.getKey());
        oldest.remove();
      }
    } finally {
      lock.unlock();
    }
    return overdue;
  }
}
