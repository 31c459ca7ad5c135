package dev.dunes.server.e2b.connect;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Ends a call whose client waits no more: what it does is interrupted. E2B wire 2.7. */
final class CallDeadline {
  private final ReentrantLock lock = new ReentrantLock();
  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread caller = Thread.currentThread();
  private boolean done;
  private boolean passed;

  private CallDeadline() {}

  /** Something that may be interrupted. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws InterruptedException;
  }

  /**
   * Does something within a time.
   *
   * @param limit none for as long as it takes
   * @throws ConnectException of code {@code DEADLINE_EXCEEDED} when the time is over first
   */
  static <T> T within(Optional<Duration> limit, Work<T> work) throws InterruptedException {
    return limit.isEmpty() ? work.run() : new CallDeadline().run(limit.get(), work);
  }

  private <T> T run(Duration limit, Work<T> work) throws InterruptedException {
    Thread.ofVirtual().name("connect-deadline").start(() -> watch(limit));
    try {
      T result = work.run();
      if (!end()) {
        return result;
      }
    } catch (InterruptedException | RuntimeException e) {
      if (!end()) {
        throw e;
      }
    }
    throw new ConnectException(
        ConnectCode.DEADLINE_EXCEEDED,
        "the call took longer than the %d ms of Connect-Timeout-Ms".formatted(limit.toMillis()));
  }

  private void watch(Duration limit) {
    try {
      if (finished.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    lock.lock();
    try {
      if (!done) {
        passed = true;
        caller.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Nothing is interrupted any more; whether something was. */
  private boolean end() {
    finished.countDown();
    lock.lock();
    try {
      done = true;
      if (passed) {
        Thread.interrupted(); // ours; a client that has left is noticed when it is answered
      }
      return passed;
    } finally {
      lock.unlock();
    }
  }
}
