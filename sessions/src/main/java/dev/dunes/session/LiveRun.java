package dev.dunes.session;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run while it lives: one thread does its work; others may stop it, which interrupts that thread.
 * Exactly one last event is given out, whatever happens.
 */
final class LiveRun implements Run {
  private static final Logger LOG = LoggerFactory.getLogger(LiveRun.class);

  /** How long the thread of a run may take to notice that it shall stop. */
  private static final Duration STOP_PATIENCE = Duration.ofMillis(1500);

  private final RunStart start;
  private final RunServices services;
  private final AutoCloseable place;
  private final Runnable gone;
  private final EventFanout events;
  private final RunCleanup cleanup;
  private final AtomicReference<RunRecord> record;
  private final long began = System.nanoTime();
  private final Instant beganAt = Instant.now();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final CountDownLatch cleaned = new CountDownLatch(1);

  private final ReentrantLock lock = new ReentrantLock();
  private final Thread worker;
  private @Nullable StopReason stop;
  private boolean unstoppable;
  private boolean finished;

  /**
   * @param place given back when the sandbox is gone
   * @param gone called when everything is over
   */
  LiveRun(
      RunStart start, RunServices services, RunRecord first, AutoCloseable place, Runnable gone) {
    this.start = start;
    this.services = services;
    this.place = place;
    this.gone = gone;
    this.record = new AtomicReference<>(first);
    this.events =
        new EventFanout(start.request().unattended(), () -> stop(StopReason.DISCONNECTED));
    this.cleanup = new RunCleanup(services, this);
    this.worker = Thread.ofVirtual().name("run-" + start.id()).unstarted(this::work);
  }

  void begin() {
    worker.start();
  }

  RunStart start() {
    return start;
  }

  @Override
  public String id() {
    return start.id();
  }

  @Override
  public Duration timeout() {
    return start.timeout();
  }

  @Override
  public RunRecord record() {
    return record.get();
  }

  void update(UnaryOperator<RunRecord> change) {
    services.store().update(record.updateAndGet(change));
  }

  @Override
  public RunSubscription subscribe() {
    return events.subscribe();
  }

  @Override
  public void cancel() {
    stop(StopReason.CANCELLED);
  }

  /** Ends it for this reason, unless it has a reason or a result already. Returns at once. */
  void stop(StopReason reason) {
    lock.lock();
    try {
      if (stop != null || unstoppable) {
        return;
      }
      stop = reason;
      worker.interrupt();
    } finally {
      lock.unlock();
    }
    // Whatever the thread hangs in, the client is told in time.
    services
        .timers()
        .after(
            STOP_PATIENCE,
            () -> Thread.ofVirtual().name("stop-" + id()).start(() -> insist(reason)));
  }

  private void insist(StopReason reason) {
    if (ended.getCount() > 0) {
      finish(ending(reason));
      cleanup.run();
    }
  }

  /** The agent is done: from here on its result is what counts. */
  void resultIsIn() {
    lock.lock();
    try {
      if (stop == null) {
        unstoppable = true;
      }
    } finally {
      lock.unlock();
    }
    checkStop();
  }

  void checkStop() {
    lock.lock();
    try {
      if (stop != null) {
        throw new StoppedException(stop);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives an event to everybody who listens; waits for the slowest.
   *
   * @return false when somebody did not take it in time and the result is in already
   */
  boolean publish(RunEvent event) throws InterruptedException {
    boolean taken = events.publish(event);
    if (!taken) {
      stop(StopReason.DISCONNECTED);
    }
    checkStop();
    return taken;
  }

  private void work() {
    Ending ending;
    try {
      ending = new Ending(new RunWork(start, services, this, cleanup).result(), Optional.empty());
    } catch (StoppedException e) {
      ending = ending(e.reason());
    } catch (RunFailedException e) {
      ending = ending(e);
    } catch (InterruptedException | SandboxInterruptedException e) {
      ending = ending(stopReason().orElse(StopReason.SHUTDOWN));
    } catch (RuntimeException | Error e) {
      LOG.error("run {} failed", id(), e);
      ending = ending(stopReason().orElse(StopReason.INTERNAL));
    }
    calm();
    finish(ending);
    try {
      services.observer().timed(record(), RunObserver.Phase.SANDBOX_CLEANUP, cleanup::run);
    } finally {
      giveBack();
    }
  }

  private void giveBack() {
    try {
      place.close();
    } catch (Exception e) {
      LOG.error("run {} could not give back its place", id(), e);
    }
    gone.run();
    cleaned.countDown();
  }

  /** From here on nobody interrupts the thread. */
  private void calm() {
    lock.lock();
    try {
      unstoppable = true;
      Thread.interrupted();
    } finally {
      lock.unlock();
    }
  }

  private Optional<StopReason> stopReason() {
    lock.lock();
    try {
      return Optional.ofNullable(stop);
    } finally {
      lock.unlock();
    }
  }

  private Ending ending(StopReason reason) {
    return new Ending(
        new RunEvent.Failure(reason.code(), reason.message(), id()), Optional.of(reason.outcome()));
  }

  private Ending ending(RunFailedException e) {
    return stopReason()
        .map(this::ending)
        .orElseGet(() -> {
          LOG.warn("run {} failed: {}", id(), e.text(), e.getCause());
          return new Ending(
              new RunEvent.Failure(e.code(), e.text(), id()), Optional.of(e.outcome()));
        });
  }

  /** Once: the record says how it ended before the last event is out. */
  private void finish(Ending ending) {
    lock.lock();
    try {
      if (finished) {
        return;
      }
      finished = true;
    } finally {
      lock.unlock();
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    RunRecord end =
        record.updateAndGet(
            run -> run.ended(RunEnds.of(ending).withCost(cleanup.costUsd()), seconds));
    services.store().end(end);
    services
        .observer()
        .tell(o ->
            o.phase(
                end,
                RunObserver.Phase.QUERY,
                beganAt,
                Duration.ofNanos(System.nanoTime() - began)));
    services.observer().tell(o -> o.ended(end));
    events.end(ending.last());
    ended.countDown();
  }

  @Override
  public boolean awaitEnd(Duration limit) {
    return await(ended, limit);
  }

  @Override
  public boolean awaitCleanup(Duration limit) {
    return await(cleaned, limit);
  }

  private static boolean await(CountDownLatch latch, Duration limit) {
    try {
      return latch.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for a run", e);
    }
  }

  @Override
  public String toString() {
    return "Run[" + id() + "]";
  }
}
