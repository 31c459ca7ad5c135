package dev.dunes.session;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** One subscription: a bounded queue between the thread of a run and a reader. */
final class EventQueue implements RunSubscription {
  /** Full at whichever comes first; one larger event is let into an empty queue. */
  private static final int MOST_EVENTS = 16;

  private static final long MOST_BYTES = 1 << 20;

  private record Entry(RunEvent event, long bytes) {}

  private final EventFanout fanout;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition notEmpty = lock.newCondition();
  private final Condition notFull = lock.newCondition();
  private final Deque<Entry> entries = new ArrayDeque<>();
  private long bytes;
  private boolean ended;
  private boolean closed;

  EventQueue(EventFanout fanout) {
    this.fanout = fanout;
  }

  @Override
  public Optional<RunEvent> next() {
    lock.lock();
    try {
      while (entries.isEmpty()) {
        if (ended || closed) {
          return Optional.empty();
        }
        notEmpty.await();
      }
      Entry entry = entries.removeFirst();
      bytes -= entry.bytes();
      ended = ended || entry.event().terminal();
      notFull.signalAll();
      return Optional.of(entry.event());
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for an event", e);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Adds an event; waits while the queue is full.
   *
   * @return false when it was full all the time
   */
  boolean offer(RunEvent event, long size, long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (!closed && full(size)) {
        if (left <= 0) {
          return false;
        }
        left = notFull.awaitNanos(left);
      }
      add(event, size);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Adds the last event, whether or not there is room. */
  void last(RunEvent event, long size) {
    lock.lock();
    try {
      add(event, size);
    } finally {
      lock.unlock();
    }
  }

  private void add(RunEvent event, long size) {
    if (!closed) {
      entries.addLast(new Entry(event, size));
      bytes += size;
      notEmpty.signal();
    }
  }

  private boolean full(long size) {
    return !entries.isEmpty() && (entries.size() >= MOST_EVENTS || bytes + size > MOST_BYTES);
  }

  @Override
  public void close() {
    lock.lock();
    boolean early;
    try {
      if (closed) {
        return;
      }
      closed = true;
      early = !ended;
      entries.clear();
      bytes = 0;
      notEmpty.signalAll();
      notFull.signalAll();
    } finally {
      lock.unlock();
    }
    fanout.left(this, early);
  }

  static long stallNanos() {
    return TimeUnit.SECONDS.toNanos(300);
  }
}
