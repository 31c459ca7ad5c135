package dev.dunes.server.e2b.envd;

import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The watchers of a sandbox that are asked for their events. Each holds a bounded number of them.
 * Safe for use by several threads.
 */
final class Watchers {
  private static final int MOST = 64;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final int ID_LENGTH = 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Watcher> all = new HashMap<>();
  private int coming;

  /** Adds one; its id. */
  String add(Supplier<Watcher> make) {
    lock.lock();
    try {
      all.values().removeIf(Watcher::ended);
      if (all.size() + coming >= MOST) {
        throw new ConnectException(
            ConnectCode.RESOURCE_EXHAUSTED,
            "the sandbox has %d watchers; remove one with RemoveWatcher".formatted(MOST));
      }
      coming++;
    } finally {
      lock.unlock();
    }
    Optional<Watcher> made = Optional.empty();
    String id = id();
    try {
      made = Optional.of(make.get());
      return id;
    } finally {
      lock.lock();
      try {
        coming--;
        made.ifPresent(watcher -> all.put(id, watcher));
      } finally {
        lock.unlock();
      }
    }
  }

  Optional<Watcher> find(String id) {
    lock.lock();
    try {
      return Optional.ofNullable(all.get(id));
    } finally {
      lock.unlock();
    }
  }

  Optional<Watcher> remove(String id) {
    lock.lock();
    try {
      return Optional.ofNullable(all.remove(id));
    } finally {
      lock.unlock();
    }
  }

  private static String id() {
    StringBuilder id = new StringBuilder("w");
    for (int i = 0; i < ID_LENGTH; i++) {
      id.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return id.toString();
  }
}
