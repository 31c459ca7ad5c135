package dev.dunes.session;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what an observer throws away from runs. */
final class SafeObserver {
  private static final Logger LOG = LoggerFactory.getLogger(SafeObserver.class);

  private final RunObserver observer;

  SafeObserver(RunObserver observer) {
    this.observer = observer;
  }

  void tell(Consumer<RunObserver> what) {
    try {
      what.accept(observer);
    } catch (RuntimeException e) {
      LOG.warn("an observer of runs failed", e);
    }
  }

  /** Does a part of a run and tells how long it took, whether or not it went well. */
  <T, X extends Exception> T timed(RunRecord run, RunObserver.Phase phase, Timed<T, X> work)
      throws X {
    Instant began = Instant.now();
    long start = System.nanoTime();
    try {
      return work.run();
    } finally {
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      tell(o -> o.phase(run, phase, began, took));
    }
  }

  interface Timed<T, X extends Exception> {
    T run() throws X;
  }
}
