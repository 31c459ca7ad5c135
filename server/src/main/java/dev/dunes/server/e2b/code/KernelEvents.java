package dev.dunes.server.e2b.code;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What one cell says, on its way from the kernel to the client. When a client reads slowly the
 * kernel waits; when there is no client any more, what comes is dropped.
 */
final class KernelEvents {
  /** How many bytes may be on the way, unless a single event has more. */
  private static final int MOST = 1 << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<KernelEvent> events = new ArrayDeque<>();
  private long size;
  private boolean heard = true;
  private boolean complete;

  /**
   * @param begun whether the kernel is taken to have begun with the cell
   */
  KernelEvents(boolean begun) {
    if (begun) {
      events.add(new KernelEvent.Begun());
    }
  }

  /** Waits while too much is on the way. What comes after the last event is dropped. */
  void add(KernelEvent event) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (heard && !complete && !event.last() && size > 0 && size + event.size() > MOST) {
        changed.await();
      }
      if (complete) {
        return;
      }
      complete = event.last();
      if (heard || complete) {
        events.add(event);
        size += event.size();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The kernel has ended; never waits.
   *
   * @param begun whether it may have done something of the cell
   */
  void end(String why, boolean begun) {
    lock.lock();
    try {
      if (!complete) {
        complete = true;
        events.add(new KernelEvent.Died(why, begun));
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The next event; empty when none came in time. */
  Optional<KernelEvent> next(Duration limit) throws InterruptedException {
    long left = limit.toNanos();
    lock.lockInterruptibly();
    try {
      while (events.isEmpty() && left > 0) {
        left = changed.awaitNanos(left);
      }
      KernelEvent event = events.poll();
      if (event != null) {
        size -= event.size();
        changed.signalAll();
      }
      return Optional.ofNullable(event);
    } finally {
      lock.unlock();
    }
  }

  /** From now on nobody wants to hear more than the end. */
  void ignore() {
    lock.lock();
    try {
      heard = false;
      events.removeIf(event -> !event.last());
      size = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
