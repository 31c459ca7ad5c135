package dev.dunes.hosting;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/** How long sandboxes really took to be there: the last thousand of each template. */
final class BootTimes {
  private static final int KEPT = 1000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Window> windows = new TreeMap<>();

  private static final class Window {
    final long[] nanos = new long[KEPT];
    long count;
  }

  void add(String template, Duration took) {
    lock.lock();
    try {
      Window window = windows.computeIfAbsent(template, t -> new Window());
      window.nanos[(int) (window.count++ % KEPT)] = took.toNanos();
    } finally {
      lock.unlock();
    }
  }

  Map<String, BootStats> all() {
    lock.lock();
    try {
      Map<String, BootStats> stats = new LinkedHashMap<>();
      windows.forEach((template, window) -> {
        long[] sorted = Arrays.copyOf(window.nanos, (int) Math.min(window.count, KEPT));
        Arrays.sort(sorted);
        stats.put(
            template,
            new BootStats(
                window.count,
                at(sorted, 0.5),
                at(sorted, 0.95),
                at(sorted, 0.99),
                Duration.ofNanos(sorted[sorted.length - 1])));
      });
      return stats;
    } finally {
      lock.unlock();
    }
  }

  private static Duration at(long[] sorted, double part) {
    return Duration.ofNanos(sorted[(int) Math.ceil(part * sorted.length) - 1]);
  }
}
