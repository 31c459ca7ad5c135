package dev.dunes.provider.cloud;

import dev.dunes.guest.Uninterrupted;
import dev.dunes.sandbox.SandboxException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for what a slow vendor makes after whoever asked has given up: for three minutes, ever more
 * seldom, and once more when the provider is closed.
 */
final class Latecomers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Latecomers.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LIMIT = Duration.ofMinutes(3);

  private final Map<String, Thread> threads = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * @param mark unique
   * @param clear destroys what carries the mark; says whether there was something
   */
  void expect(String mark, BooleanSupplier clear) {
    Thread thread = Thread.ofVirtual().name("cloud-latecomer").unstarted(() -> watch(mark, clear));
    threads.put(mark, thread);
    thread.start();
    if (closed) {
      thread.interrupt();
    }
  }

  private void watch(String mark, BooleanSupplier clear) {
    long end = System.nanoTime() + LIMIT.toNanos();
    Duration pause = FIRST_PAUSE;
    boolean found = false;
    try {
      while (!found && System.nanoTime() - end < 0) {
        TimeUnit.NANOSECONDS.sleep(pause.toNanos());
        found = look(mark, clear);
        Duration longer = pause.multipliedBy(2);
        pause = longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
      }
    } catch (InterruptedException e) {
      look(mark, clear); // closed
    } finally {
      threads.remove(mark);
    }
  }

  private static boolean look(String mark, BooleanSupplier clear) {
    try {
      return Uninterrupted.run(clear::getAsBoolean);
    } catch (SandboxException e) {
      LOG.debug("cannot look for what carries mark {} now", mark, e);
      return false;
    }
  }

  /** Looks once more, then ends. */
  @Override
  public void close() {
    closed = true;
    Uninterrupted.run(() -> {
      for (Thread thread : threads.values()) {
        thread.interrupt();
        try {
          thread.join();
        } catch (InterruptedException e) {
          throw new IllegalStateException("the interrupt was put aside", e);
        }
      }
      return true;
    });
  }
}
