package dev.dunes.guest;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One timer thread for everything that must not wait for a guest for ever. Tasks must be short. */
final class Watchdog {
  private static final ScheduledThreadPoolExecutor TIMER = timer();

  private Watchdog() {}

  static ScheduledFuture<?> after(Duration delay, Runnable task) {
    return TIMER.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static ScheduledThreadPoolExecutor timer() {
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("guest-watchdog").factory());
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }
}
