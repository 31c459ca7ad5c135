package dev.dunes.hosting;

import dev.dunes.hosting.SandboxCondition.Phase;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxMetrics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What sandboxes used over time. A look costs a sandbox something, so one that nobody asks about is
 * not looked at: the series of a sandbox begins when somebody asks, goes on for ten minutes after
 * the last time, and then ends. Safe for use by several threads.
 */
final class MetricsLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsLog.class);

  /** An hour, at the usual pace. */
  private static final int MOST = 360;

  private static final long ASKED_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final Duration SAME = Duration.ofSeconds(1);

  private final Duration every;
  private final Function<Entry, SandboxMetrics> look;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Entry, Series> all = new IdentityHashMap<>();
  private @Nullable Thread sampler;
  private boolean closed;

  /** Of one sandbox; guarded by the lock. */
  private static final class Series {
    final Deque<MetricsSample> samples = new ArrayDeque<>();
    Duration cpuTime = Duration.ZERO;
    Duration uptime = Duration.ZERO;
    long askedAt = System.nanoTime();
  }

  /**
   * @param every how often sandboxes are looked at
   * @param look at one that runs
   */
  MetricsLog(Duration every, Function<Entry, SandboxMetrics> look) {
    this.every = every;
    this.look = look;
  }

  /** The samples there are, the oldest first; from now on there are more. */
  List<MetricsSample> asked(Entry entry) {
    lock.lock();
    try {
      Series series = all.get(entry);
      if (series != null) {
        series.askedAt = System.nanoTime();
      }
      return series == null ? List.of() : List.copyOf(series.samples);
    } finally {
      lock.unlock();
    }
  }

  /** Adds what a sandbox uses now, and goes on doing so. */
  void add(Entry entry, SandboxMetrics now) {
    lock.lock();
    try {
      if (!closed && entry.condition().phase() != Phase.ENDING) {
        sample(all.computeIfAbsent(entry, fresh -> new Series()), entry.order, now);
        if (sampler == null) {
          sampler = Thread.ofVirtual().name("dunes-hosting-metrics").start(this::run);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private static void sample(Series series, SandboxOrder order, SandboxMetrics now) {
    Instant at = Instant.now();
    MetricsSample last = series.samples.peekLast();
    if (last != null && last.at().plus(SAME).isAfter(at)) {
      return; // asked by several at once, or in a hurry
    }
    double passed = now.uptime().minus(series.uptime).toNanos();
    double spent = now.cpuTime().minus(series.cpuTime).toNanos();
    if (passed <= 0 || spent < 0) { // made anew from its saved files
      passed = now.uptime().toNanos();
      spent = now.cpuTime().toNanos();
    }
    series.uptime = now.uptime();
    series.cpuTime = now.cpuTime();
    double percent = passed <= 0 ? 0 : 100 * spent / passed / order.cpuCores();
    if (series.samples.size() == MOST) {
      series.samples.removeFirst();
    }
    series.samples.addLast(
        new MetricsSample(
            at,
            Math.round(100 * percent) / 100.0,
            now.memoryBytes(),
            now.memoryLimitBytes().orElse((long) order.memoryMb() << 20),
            now.diskUsedBytes(),
            now.diskLimitBytes().orElse((long) order.diskMb() << 20)));
  }

  private void run() {
    try {
      for (List<Entry> due = due(); !due.isEmpty(); due = due()) {
        due.stream().filter(Entry::running).forEach(this::look);
      }
    } catch (InterruptedException e) {
      LOG.debug("closed while looking at what sandboxes use");
    }
  }

  /** Waits for the next time; empty when there is nothing to look at any more. */
  private List<Entry> due() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = every.toNanos();
      while (left > 0 && !closed) {
        left = changed.awaitNanos(left);
      }
      long now = System.nanoTime();
      all.entrySet()
          .removeIf(each ->
              each.getKey().condition().phase() == Phase.ENDING
                  || now - each.getValue().askedAt > ASKED_NANOS);
      if (closed || all.isEmpty()) {
        sampler = null;
        return List.of();
      }
      return List.copyOf(all.keySet());
    } finally {
      lock.unlock();
    }
  }

  private void look(Entry entry) {
    try {
      SandboxMetrics now = look.apply(entry);
      add(entry, now);
    } catch (SandboxException e) {
      LOG.debug("what {} uses is not known: {}", entry.order.id(), e.getMessage());
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      all.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
