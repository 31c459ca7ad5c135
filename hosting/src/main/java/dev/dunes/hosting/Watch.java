package dev.dunes.hosting;

import dev.dunes.hosting.SandboxCondition.Phase;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.Sandboxes;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what is to be done at some time: ends, pauses and announces; tries again what has failed;
 * and looks every minute for sandboxes that have ended by themselves, and for those nobody looks
 * after.
 */
final class Watch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final Duration NOTICE = Duration.ofSeconds(60);
  private static final Duration AGAIN = Duration.ofSeconds(10);
  private static final Duration SWEEP = Duration.ofMinutes(1);

  /** One that is being made carries the label before it is written down. */
  private static final Duration YOUNG = Duration.ofMinutes(2);

  private final Supplier<Sandboxes> sandboxes;
  private final Lifecycle lifecycle;
  private final Residents residents;
  private final Spares spares;
  private final String ledger;
  private final ScheduledThreadPoolExecutor clock;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread sweeper =
      Thread.ofVirtual().name("dunes-hosting-sweep").unstarted(this::sweepNowAndThen);

  Watch(
      Supplier<Sandboxes> sandboxes,
      Lifecycle lifecycle,
      Residents residents,
      Spares spares,
      String ledger) {
    this.sandboxes = sandboxes;
    this.lifecycle = lifecycle;
    this.residents = residents;
    this.spares = spares;
    this.ledger = ledger;
    this.clock =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("dunes-hosting-clock").factory());
    clock.setRemoveOnCancelPolicy(true);
    clock.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Begins to look for what has ended, and for what was left. */
  void start() {
    sweeper.start();
  }

  private void sweepNowAndThen() {
    try {
      do {
        sweep();
      } while (!closing.await(SWEEP.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException | SandboxInterruptedException e) {
      LOG.debug("closed while looking for what has ended");
    }
  }

  /** Looks when there is something to do about a sandbox next; after each change of it. */
  void look(Entry entry) {
    Optional<Instant> next = next(entry);
    if (next.isEmpty()) {
      entry.timer(null);
      return;
    }
    after(entry, Duration.between(Instant.now(), next.get()));
  }

  private void after(Entry entry, Duration wait) {
    try {
      entry.timer(
          clock.schedule(
              () -> Thread.ofVirtual().name("dunes-hosting-timer").start(() -> act(entry)),
              Math.max(0, wait.toMillis()),
              TimeUnit.MILLISECONDS));
    } catch (RejectedExecutionException e) {
      LOG.debug("closed: {} is looked after by the next server", entry.order.id());
    }
  }

  private static Optional<Instant> next(Entry entry) {
    SandboxCondition now = entry.condition();
    if (now.phase() == Phase.ENDING) {
      return Optional.of(Instant.now());
    }
    if (now.paused()) {
      return Optional.empty();
    }
    Instant first = now.endAt();
    if (!entry.expirySaid() && announced(entry)) {
      first = earlier(first, now.endAt().minus(NOTICE));
    }
    Optional<Instant> idle = entry.idleAt();
    return Optional.of(idle.isPresent() ? earlier(first, idle.get()) : first);
  }

  private static boolean announced(Entry entry) {
    return entry.order.timeout().compareTo(NOTICE) > 0;
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  private void act(Entry entry) {
    entry.lock.lock();
    try {
      Instant now = Instant.now();
      if (entry.condition().phase() == Phase.ENDING) {
        if (!lifecycle.remove(entry)) {
          after(entry, AGAIN);
        }
        return;
      }
      if (!entry.running()) {
        return;
      }
      if (!entry.condition().endAt().isAfter(now)) {
        timeOver(entry);
      } else if (entry.idleAt().filter(idle -> !idle.isAfter(now)).isPresent()) {
        Duration left = Duration.between(now, entry.condition().endAt());
        lifecycle.pause(entry, Optional.empty(), left, true);
      } else if (announced(entry)
          && !entry.condition().endAt().minus(NOTICE).isAfter(now)
          && entry.sayExpiry()) {
        lifecycle.say(
            entry,
            HostingEvent.Type.EXPIRING,
            Map.of("end_at", Timestamps.text(entry.condition().endAt())));
      }
      look(entry);
    } catch (HostingException | SandboxException e) {
      LOG.warn("{}: {}; tried again in 10 s", entry.order.id(), e.getMessage());
      if (gone(entry)) {
        lifecycle.end(entry, "ended by itself");
      }
      after(entry, AGAIN);
    } finally {
      entry.lock.unlock();
    }
  }

  private void timeOver(Entry entry) {
    if (entry.order.pauseAtEnd()) {
      Optional<Boolean> memory = entry.order.pauseMemory() ? Optional.empty() : Optional.of(false);
      lifecycle.pause(entry, memory, Duration.ZERO, entry.order.autoResume());
    } else {
      lifecycle.end(entry, "expired");
    }
  }

  private boolean gone(Entry entry) {
    SandboxCondition now = entry.condition();
    try {
      return sandboxes.get().get(now.provider(), now.providerId()).isEmpty();
    } catch (SandboxException e) {
      LOG.debug("whether {} is there is not known", entry.order.id(), e);
      return false;
    }
  }

  /** Ends what has ended, and destroys what carries this ledger's name and is in it no more. */
  void sweep() {
    spares.sweep();
    Set<String> providers = new HashSet<>();
    List<Entry> before = residents.everything();
    before.forEach(entry -> providers.add(entry.condition().provider()));
    for (String provider : providers) {
      try {
        sweep(provider, before);
      } catch (SandboxInterruptedException e) {
        throw e;
      } catch (SandboxException e) {
        LOG.warn("could not look at the sandboxes of {}: {}", provider, e.getMessage());
      }
    }
  }

  private void sweep(String provider, List<Entry> before) {
    List<SandboxInfo> there = sandboxes.get().list(provider, Map.of(Ledger.LABEL_LEDGER, ledger));
    Set<String> ids = new HashSet<>();
    there.forEach(info -> ids.add(info.id()));
    for (Entry entry : before) {
      endIfGone(entry, provider, ids);
    }
    Set<String> known = new HashSet<>();
    residents.everything().forEach(entry -> known.add(entry.condition().providerId()));
    Instant oldest = Instant.now().minus(YOUNG);
    for (SandboxInfo info : there) {
      boolean stray =
          !known.contains(info.id())
              && !spares.waits(info)
              && info.createdAt().filter(oldest::isAfter).isPresent();
      if (stray || spares.left(info)) {
        LOG.warn("sandbox {} of {} belongs to nobody and is destroyed", info.id(), provider);
        sandboxes.get().destroy(provider, info.id());
      }
    }
  }

  private void endIfGone(Entry entry, String provider, Set<String> there) {
    if (!entry.lock.tryLock()) {
      return; // somebody changes it
    }
    try {
      SandboxCondition now = entry.condition();
      boolean expected = now.phase() == Phase.RUNNING || now.phase() == Phase.FROZEN;
      if (expected
          && now.provider().equals(provider)
          && !there.contains(now.providerId())
          && gone(entry)) {
        boolean late = !now.endAt().isAfter(Instant.now()) && now.phase() == Phase.RUNNING;
        lifecycle.end(entry, late ? "expired" : "ended by itself");
        look(entry);
      }
    } finally {
      entry.lock.unlock();
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    closing.countDown();
    sweeper.interrupt();
  }
}
