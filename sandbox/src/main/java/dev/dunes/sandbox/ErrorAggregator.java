package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/** Remembers the last errors and counts them by type. Safe for use by several threads. */
public final class ErrorAggregator {
  /** How many errors one remembers unless told otherwise. */
  public static final int DEFAULT_WINDOW = 100;

  private static final int RECENT = 10;

  private final int window;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<RecordedError> errors = new ArrayDeque<>();

  public ErrorAggregator() {
    this(DEFAULT_WINDOW);
  }

  /**
   * @param window how many errors it remembers; at least 1
   */
  public ErrorAggregator(int window) {
    this(window, Clock.systemUTC());
  }

  ErrorAggregator(int window, Clock clock) {
    if (window < 1) {
      throw new IllegalArgumentException("window must be positive: " + window);
    }
    this.window = window;
    this.clock = clock;
  }

  public void record(Throwable error) {
    record(error, Map.of());
  }

  public void record(Throwable error, Map<String, String> context) {
    RecordedError recorded =
        new RecordedError(
            error.getClass().getSimpleName(),
            Optional.ofNullable(error.getMessage()).orElse(""),
            clock.instant(),
            requireNonNull(context, "context"));
    lock.lock();
    try {
      if (errors.size() == window) {
        errors.removeFirst();
      }
      errors.addLast(recorded);
    } finally {
      lock.unlock();
    }
  }

  /** What it remembers now. */
  public ErrorSummary summary() {
    List<RecordedError> now;
    lock.lock();
    try {
      now = List.copyOf(errors);
    } finally {
      lock.unlock();
    }
    Map<String, Integer> types = new TreeMap<>();
    now.forEach(error -> types.merge(error.type(), 1, Integer::sum));
    Optional<String> mostCommon =
        types.entrySet().stream()
            .max(Comparator.comparingInt(Map.Entry::getValue))
            .map(Map.Entry::getKey);
    return new ErrorSummary(
        now.size(), types, now.subList(Math.max(0, now.size() - RECENT), now.size()), mostCommon);
  }

  /** Forgets everything. */
  public void clear() {
    lock.lock();
    try {
      errors.clear();
    } finally {
      lock.unlock();
    }
  }
}
