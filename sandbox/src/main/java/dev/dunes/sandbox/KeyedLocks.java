package dev.dunes.sandbox;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A lock for each key that somebody holds or waits for.
 *
 * @param <K> the keys; with an order, in which several are taken, so that nobody waits in a circle
 */
final class KeyedLocks<K> {
  private final Comparator<K> order;
  private final ReentrantLock guard = new ReentrantLock();
  private final Map<K, Users> locks = new HashMap<>();

  KeyedLocks(Comparator<K> order) {
    this.order = order;
  }

  /** Does something while no one else holds any of these keys. */
  <T> T holding(Collection<K> keys, Duration patience, Supplier<T> work) {
    return holdingAll(keys.stream().distinct().sorted(order).toList(), patience, work);
  }

  private <T> T holdingAll(List<K> keys, Duration patience, Supplier<T> work) {
    if (keys.isEmpty()) {
      return work.get();
    }
    K key = keys.getFirst();
    Users users = enter(key);
    try {
      if (!users.lock.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw SandboxTimeoutException.after(patience);
      }
      try {
        return holdingAll(keys.subList(1, keys.size()), patience, work);
      } finally {
        users.lock.unlock();
      }
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for somebody making the same sandbox", e);
    } finally {
      leave(key, users);
    }
  }

  private Users enter(K key) {
    guard.lock();
    try {
      Users users = locks.computeIfAbsent(key, k -> new Users());
      users.count++;
      return users;
    } finally {
      guard.unlock();
    }
  }

  private void leave(K key, Users users) {
    guard.lock();
    try {
      if (--users.count == 0) {
        locks.remove(key);
      }
    } finally {
      guard.unlock();
    }
  }

  private static final class Users {
    final ReentrantLock lock = new ReentrantLock();
    int count;
  }
}
