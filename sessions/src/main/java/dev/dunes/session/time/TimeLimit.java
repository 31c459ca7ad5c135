package dev.dunes.session.time;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Interrupts the thread that opened it when it is not closed in time. The interruption never leaks
 * out: closing takes it back.
 */
public final class TimeLimit implements AutoCloseable {
  private final Thread thread = Thread.currentThread();
  private final ReentrantLock lock = new ReentrantLock();
  private final Timers.Timer timer;
  private boolean closed;
  private boolean expired;

  public TimeLimit(Timers timers, Duration limit) {
    timer = timers.after(limit, this::expire);
  }

  private void expire() {
    lock.lock();
    try {
      if (!closed) {
        expired = true;
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether the time was up before it was closed. */
  public boolean expired() {
    lock.lock();
    try {
      return expired;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    timer.cancel();
    lock.lock();
    try {
      closed = true;
      if (expired) {
        Thread.interrupted();
      }
    } finally {
      lock.unlock();
    }
  }
}
