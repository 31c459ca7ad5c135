package dev.dunes.agent.drive;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What was read and not taken yet: at most so many bytes, so that an agent whose output nobody
 * takes stops writing.
 */
public final class RawQueue {
  private static final int BYTES = 4 << 20;
  private static final int ENTRIES = 4096;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<RawOutput> queue = new ArrayDeque<>();
  private long bytes;
  private boolean closed;

  /** Adds; blocks while it is full. What comes after {@link #close()} is dropped. */
  public void put(RawOutput output) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      // One piece always fits, however large.
      while (!closed && !queue.isEmpty() && (bytes >= BYTES || queue.size() >= ENTRIES)) {
        changed.await();
      }
      if (!closed) {
        queue.add(output);
        bytes += output.size();
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Lets whoever waits look around; never blocks. */
  public void wake() {
    lock.lock();
    try {
      if (!closed && queue.isEmpty()) {
        queue.add(new RawOutput.Wake());
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes; empty when nothing came in time. After {@link #close()} always the end. */
  public Optional<RawOutput> take(Duration limit) throws InterruptedException {
    long left = limit.toNanos();
    lock.lockInterruptibly();
    try {
      while (queue.isEmpty() && !closed) {
        if (left <= 0) {
          return Optional.empty();
        }
        left = changed.awaitNanos(left);
      }
      if (closed) {
        return Optional.of(new RawOutput.End());
      }
      RawOutput first = queue.remove();
      bytes -= first.size();
      changed.signalAll();
      return Optional.of(first);
    } finally {
      lock.unlock();
    }
  }

  /** Drops what is there and all that comes. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      queue.clear();
      bytes = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  public static final Duration FOREVER = Duration.ofNanos(TimeUnit.DAYS.toNanos(365));
}
