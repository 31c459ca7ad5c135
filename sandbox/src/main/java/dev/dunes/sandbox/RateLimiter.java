package dev.dunes.sandbox;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A token bucket: at most {@code rate} permits in any stretch of time as long as {@code period}.
 * Each permit comes back one period after it was taken, so a full bucket may be emptied at once.
 * Those who wait are served in their order of asking. Safe for use by several threads.
 */
public final class RateLimiter {
  // Failsafe's limiters differ: the bursty one lets through twice the rate around the edge of a
  // period, the smooth one
  // never lets two through together.
  private final Duration period;
  private final TimeSource time;
  private final ReentrantLock lock = new ReentrantLock();

  /** When each permit is back, as a ring; {@link #next} is the one that is back first. */
  private final long[] backAt;

  private int next;

  /**
   * @param rate permits per period, 1 to 1 000 000
   * @param period more than 0
   */
  public RateLimiter(int rate, Duration period) {
    this(rate, period, TimeSource.SYSTEM);
  }

  RateLimiter(int rate, Duration period, TimeSource time) {
    if (rate < 1 || rate > 1_000_000) {
      throw new IllegalArgumentException("rate must be from 1 to 1000000: " + rate);
    }
    if (!period.isPositive()) {
      throw new IllegalArgumentException("period must be positive: " + period);
    }
    this.period = period;
    this.time = time;
    this.backAt = new long[rate];
    Arrays.fill(backAt, time.nanos());
  }

  /** This many permits per second. */
  public static RateLimiter perSecond(int rate) {
    return new RateLimiter(rate, Duration.ofSeconds(1));
  }

  /** Takes a permit; waits for it. A caller interrupted while waiting has used it up. */
  public void acquire() {
    pause(reserve(Long.MAX_VALUE));
  }

  /** Takes a permit if there is one now. */
  public boolean tryAcquire() {
    return tryAcquire(Duration.ZERO);
  }

  /**
   * Takes a permit if there will be one within this time, for which it waits; else returns false at
   * once.
   */
  public boolean tryAcquire(Duration limit) {
    long wait = reserve(limit.toNanos());
    if (wait >= 0) {
      pause(wait);
    }
    return wait >= 0;
  }

  /**
   * Books the next permit and returns how long it takes to come; −1 and no booking when that is too
   * long.
   */
  private long reserve(long limit) {
    lock.lock();
    try {
      long now = time.nanos();
      long wait = Math.max(0, backAt[next] - now);
      if (wait > limit) {
        return -1;
      }
      backAt[next] = now + wait + period.toNanos();
      next = (next + 1) % backAt.length;
      return wait;
    } finally {
      lock.unlock();
    }
  }

  private void pause(long nanos) {
    if (nanos > 0) {
      time.pause(Duration.ofNanos(nanos), "waiting for a permit");
    }
  }
}
