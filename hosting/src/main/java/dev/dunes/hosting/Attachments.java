package dev.dunes.hosting;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * What users of a sandbox keep with it, such as what they know of its files. It is gone when the
 * sandbox is, or when it goes on from saved files. Safe for use by several threads.
 */
public final class Attachments {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Class<?>, Object> all = new HashMap<>();

  Attachments() {}

  /**
   * The one of a type, made when there is none.
   *
   * @param make makes one, without waiting for anything
   */
  public <T> T get(Class<T> type, Supplier<T> make) {
    lock.lock();
    try {
      return type.cast(all.computeIfAbsent(type, missing -> make.get()));
    } finally {
      lock.unlock();
    }
  }
}
