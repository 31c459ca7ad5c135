package dev.dunes.cli;

import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What happens when the process is told to end (Ctrl-C, SIGTERM, SIGHUP): what was made for this run is cleaned up before the
 * process goes with 128 + the signal's number.
 */
final class Interruption {
  private static final long FOR_THE_COMMAND_MILLIS = 300;
  private static final long FOR_CREATION_MILLIS = 10_000;

  private final ConcurrentLinkedDeque<Runnable> cleanups = new ConcurrentLinkedDeque<>();
  private volatile boolean happened;

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
    Runtime.getRuntime().addShutdownHook(new Thread(() -> interruption.happen(command, done), "end"));
    return interruption;
  }

  /** Whether the process is about to end. */
  boolean happened() {
    return happened;
  }

  /** Has this done, at most once and latest when the process is told to end. It must bear being done by two threads. */
  Guard guard(Runnable cleanup) {
    cleanups.push(cleanup);
    return () -> {
      if (cleanups.remove(cleanup)) {
        cleanup.run();
      }
    };
  }

  private void happen(Thread command, CountDownLatch done) {
    if (done.getCount() == 0) {
      return; // an ordinary exit
    }
    happened = true;
    command.interrupt();
    try {
      // The command's own thread cleans up, unless it is stuck writing to somebody who does not read.
      if (done.await(FOR_THE_COMMAND_MILLIS, TimeUnit.MILLISECONDS)) {
        return;
      }
      if (cleanups.isEmpty()) {
        // Something is being made and not known here yet: its maker undoes it.
        done.await(FOR_CREATION_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Optional<Runnable> next = next(); next.isPresent(); next = next()) {
      next.get().run();
    }
  }

  private Optional<Runnable> next() {
    return Optional.ofNullable(cleanups.poll());
  }

  /** Something to be undone. */
  interface Guard extends AutoCloseable {
    /** Undoes it now, unless that has happened. */
    @Override
    void close();
  }
}
