package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Time limits on blocking work. */
public final class Timeouts {
  private Timeouts() {}

  /**
   * Does something on a thread of its own and waits for it; interrupts it when the time is over.
   * What it throws is passed on unchanged.
   *
   * @param limit more than 0
   * @throws SandboxTimeoutException {@code Operation timed out after <n> seconds}
   */
  public static <T, X extends Exception> T within(Duration limit, Work<T, X> work) throws X {
    requireNonNull(work, "work");
    if (!limit.isPositive()) {
      throw new IllegalArgumentException("limit must be positive: " + limit);
    }
    FutureTask<T> task = new FutureTask<>(work::run);
    Thread.ofVirtual().name("time-limited").start(task);
    try {
      return task.get(TimeUnit.NANOSECONDS.convert(limit), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      task.cancel(true);
      throw SandboxTimeoutException.after(limit);
    } catch (InterruptedException e) {
      task.cancel(true);
      throw new SandboxInterruptedException("waiting for work with a time limit", e);
    } catch (CancellationException e) {
      throw new IllegalStateException("only this method cancels its task", e);
    } catch (ExecutionException e) {
      throw Rethrow.<X>unchanged(requireNonNull(e.getCause(), "cause"));
    }
  }
}
