package dev.dunes.session;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Calls things later, on one thread that they must not block. */
final class Timers implements AutoCloseable {
  private final ScheduledThreadPoolExecutor executor;

  Timers() {
    executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("dunes-run-timers").factory());
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  Future<?> after(Duration delay, Runnable work) {
    return executor.schedule(work, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  Future<?> every(Duration period, Runnable work) {
    return executor.scheduleWithFixedDelay(
        work, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
