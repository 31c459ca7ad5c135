package dev.dunes.session.time;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls things later, on one thread that they must not block. Once closed, nothing is called. */
public final class Timers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Timers.class);

  /** Something that will be called. */
  public interface Timer {
    /** Not any more. */
    void cancel();
  }

  private final ScheduledThreadPoolExecutor executor;

  public Timers() {
    executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("dunes-run-timers").factory());
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  public Timer after(Duration delay, Runnable work) {
    try {
      Future<?> future = executor.schedule(guarded(work), delay.toMillis(), TimeUnit.MILLISECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      LOG.debug("closed: nothing is called any more");
      return () -> {};
    }
  }

  public Timer every(Duration period, Runnable work) {
    long millis = period.toMillis();
    Future<?> future =
        executor.scheduleWithFixedDelay(guarded(work), millis, millis, TimeUnit.MILLISECONDS);
    return () -> future.cancel(false);
  }

  /** One that throws must not silence those that follow. */
  private static Runnable guarded(Runnable work) {
    return () -> {
      try {
        work.run();
      } catch (RuntimeException e) {
        LOG.error("a timer failed", e);
      }
    };
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
