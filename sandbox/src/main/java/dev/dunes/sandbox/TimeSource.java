package dev.dunes.sandbox;

import java.time.Duration;

/** The clock and the waiting, which tests replace. */
interface TimeSource {
  /** The real ones. */
  TimeSource SYSTEM =
      new TimeSource() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public void sleep(Duration time) throws InterruptedException {
          Thread.sleep(time);
        }
      };

  /** Monotonic, from an arbitrary origin. */
  long nanos();

  void sleep(Duration time) throws InterruptedException;

  /** {@link #sleep} for callers that report interruption as {@link SandboxInterruptedException}. */
  default void pause(Duration time, String whileDoing) {
    try {
      sleep(time);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException(whileDoing, e);
    }
  }
}
