package dev.dunes.cli;

import dev.dunes.sandbox.spi.AtExit;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What happens when the process is told to end (Ctrl-C, SIGTERM, SIGHUP): what was made for this
 * run is cleaned up before the process goes with 128 + the signal's number.
 */
final class Interruption {
  private static final long FOR_THE_COMMAND_MILLIS = 300;
  private static final long FOR_CLEANING_UP_MILLIS = 10_000;
  private static final long LOOK_AGAIN_MILLIS = 10;

  /** For the command to say its last word, on a machine that has much else to do. */
  private static final long FOR_THE_LAST_WORD_MILLIS = 1_000;

  private final ConcurrentLinkedDeque<Runnable> cleanups = new ConcurrentLinkedDeque<>();

  /** How much is being made or cleaned up just now. */
  private final AtomicInteger busy = new AtomicInteger();

  private volatile boolean happened;

  private volatile long forCleaningUpMillis = FOR_CLEANING_UP_MILLIS;

  private Interruption() {}

  /** One that never happens. */
  static Interruption none() {
    return new Interruption();
  }

  /**
   * The one of this process.
   *
   * @param command the thread that runs the command; it is interrupted
   * @param done counted down when that thread is through
   */
  static Interruption ofThisProcess(Thread command, CountDownLatch done) {
    Interruption interruption = new Interruption();
    AtExit.first(() -> interruption.happen(command, done));
    return interruption;
  }

  /** Whether the process is about to end. */
  boolean happened() {
    return happened;
  }

  /** How long cleaning up may take; else 10 s. */
  void allow(Duration forCleaningUp) {
    forCleaningUpMillis = forCleaningUp.toMillis();
  }

  /** Has this done, at most once and latest when the process is told to end. */
  Guard guard(Runnable cleanup) {
    cleanups.push(cleanup);
    return () -> {
      // Busy before it is removed: at no moment is it neither.
      busy.incrementAndGet();
      try {
        if (cleanups.remove(cleanup)) {
          cleanup.run();
        }
      } finally {
        busy.decrementAndGet();
      }
    };
  }

  /**
   * Makes something that cleans up after itself when its making is interrupted, and is given time
   * for that.
   */
  <T> T making(Supplier<T> maker) {
    busy.incrementAndGet();
    try {
      return maker.get();
    } finally {
      busy.decrementAndGet();
    }
  }

  private void happen(Thread command, CountDownLatch done) {
    if (done.getCount() == 0) {
      return; // an ordinary exit
    }
    happened = true;
    command.interrupt();
    try {
      // The command's own thread cleans up, unless it is stuck writing to somebody who does not
      // read.
      if (done.await(FOR_THE_COMMAND_MILLIS, TimeUnit.MILLISECONDS)) {
        return;
      }
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(forCleaningUpMillis);
      do {
        runAll();
      } while (busy.get() > 0
          && !done.await(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS)
          && System.nanoTime() - end < 0);
      runAll();
      done.await(FOR_THE_LAST_WORD_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void runAll() {
    for (@Nullable Runnable next = cleanups.poll(); next != null; next = cleanups.poll()) {
      next.run();
    }
  }

  /** Something to be undone. */
  interface Guard extends AutoCloseable {
    /** Undoes it now, unless that has happened. */
    @Override
    void close();
  }
}
