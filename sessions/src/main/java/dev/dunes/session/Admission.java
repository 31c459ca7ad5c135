package dev.dunes.session;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The places runs take: at most as many as the limit in force, first come, first served. */
final class Admission {
  /** A place that is held; giving it back twice counts once. */
  final class Place implements AutoCloseable {
    private final AtomicBoolean held = new AtomicBoolean(true);

    @Override
    public void close() {
      if (held.compareAndSet(true, false)) {
        release();
      }
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Object> waiting = new ArrayDeque<>();
  private int taken;
  private boolean closed;

  /**
   * Takes a place; waits for one when the limits say so.
   *
   * @throws RunRefusedException when there is none
   * @throws InterruptedException when interrupted while waiting
   */
  Place take(int limit, Duration patience, String runId) throws InterruptedException {
    lock.lockInterruptibly();
    Object ticket = new Object();
    waiting.addLast(ticket);
    try {
      long left = patience.toNanos();
      while (!closed && (waiting.peekFirst() != ticket || taken >= limit)) {
        if (left <= 0) {
          throw RunRefusedException.busy(limit, runId);
        }
        left = changed.awaitNanos(left);
      }
      if (closed) {
        throw RunRefusedException.shuttingDown();
      }
      taken++;
      return new Place();
    } finally {
      waiting.remove(ticket);
      changed.signalAll();
      lock.unlock();
    }
  }

  /** How many places are taken. */
  int taken() {
    lock.lock();
    try {
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Nobody is let in any more. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void release() {
    lock.lock();
    try {
      taken--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
