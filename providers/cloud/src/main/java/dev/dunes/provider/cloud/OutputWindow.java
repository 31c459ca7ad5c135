package dev.dunes.provider.cloud;

import dev.dunes.sandbox.Channel;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** How much output waits for its reader: at most 256 KiB of a channel, then the vendor waits. */
final class OutputWindow {
  private static final int MOST = 256 << 10;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Channel, Integer> waiting = new EnumMap<>(Channel.class);
  private boolean open;
  private boolean blocked;

  /** Waits until these bytes may be put in; one piece always may when nothing waits. */
  void awaitRoom(Channel channel, int bytes) {
    lock.lock();
    try {
      while (!open && waiting(channel) > 0 && waiting(channel) + bytes > MOST) {
        blocked = true;
        changed.awaitUninterruptibly();
      }
      blocked = false;
      waiting.merge(channel, bytes, Integer::sum);
    } finally {
      lock.unlock();
    }
  }

  void consumed(Channel channel, int bytes) {
    lock.lock();
    try {
      waiting.merge(channel, -bytes, Integer::sum);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Nobody waits any more: what comes is dropped with its queue. */
  void open() {
    lock.lock();
    try {
      open = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the vendor waits for a reader. */
  boolean full() {
    lock.lock();
    try {
      return blocked;
    } finally {
      lock.unlock();
    }
  }

  private int waiting(Channel channel) {
    return waiting.getOrDefault(channel, 0);
  }
}
