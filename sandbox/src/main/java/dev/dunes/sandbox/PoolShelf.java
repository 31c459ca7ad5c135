package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What a {@link SandboxPool} holds and has promised. Each call is one step under one lock, and none
 * makes, asks or destroys a sandbox.
 */
final class PoolShelf {
  private static final int MOST_KINDS = 8;
  private static final Comparator<PoolEntry> LEAST_RECENTLY_USED =
      Comparator.comparingLong(entry -> entry.lastUsed);

  private final PoolConfig config;
  private final TimeSource time;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<PoolEntry> entries = new ArrayList<>();

  /**
   * How many of each kind are being made ahead of need; the kind asked for least recently is
   * forgotten first.
   */
  private final Map<PoolKind, Integer> kinds = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * Sandboxes being made, for callers or ahead of need. INVARIANT: entries + reserved never exceeds
   * maxTotal.
   */
  private int reserved;

  private boolean closed;
  private long created;
  private long destroyed;
  private long reused;
  private long timeouts;
  private long errors;

  PoolShelf(PoolConfig config, TimeSource time) {
    this.config = config;
    this.time = time;
  }

  /**
   * Takes an idle entry that will do, or room for a new one, if need be in place of the least
   * recently used one.
   */
  PoolPlace take(Duration timeout, Predicate<PoolEntry> willDo) {
    lock.lock();
    try {
      long left = timeout.toNanos();
      while (true) {
        checkOpen();
        Optional<PoolPlace> place = place(willDo);
        if (place.isPresent()) {
          return place.get();
        }
        if (left <= 0 || config.maxTotal() <= 0) {
          timeouts++;
          throw new SandboxQuotaException(
              "Pool limit reached: " + Math.max(0, config.maxTotal()),
              ErrorDetails.remedy("release or destroy sandboxes, or raise maxTotal"));
        }
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for a sandbox of the pool", e);
    } finally {
      lock.unlock();
    }
  }

  /** Takes an idle one of exactly this kind that nobody has had, for good. */
  Optional<PoolEntry> takeFresh(SandboxProvider provider, SandboxSpec spec) {
    return locked(() -> {
      checkOpen();
      long now = time.nanos();
      Optional<PoolEntry> ready =
          first(e -> e.isIdle() && e.isFresh(provider, spec) && !e.isExpired(config, now));
      ready.ifPresent(PoolEntry::claim);
      return ready;
    });
  }

  /** Uses room that was taken; false when the pool has been closed meanwhile. */
  boolean add(PoolEntry entry) {
    return locked(() -> {
      reserved--;
      created++;
      entries.add(entry);
      return !closed;
    });
  }

  /** Gives room back that could not be used. */
  void creationFailed() {
    locked(() -> {
      reserved--;
      return ++errors;
    });
  }

  /** Takes a busy one back; those to be destroyed for it, or nothing when it is not out. */
  Optional<List<PoolEntry>> giveBack(String id) {
    return locked(() -> first(e -> e.busy && e.sandbox.id().equals(id)).map(this::giveBack));
  }

  Optional<PoolEntry> find(String id) {
    return locked(() -> first(entry -> entry.sandbox.id().equals(id)));
  }

  boolean remove(PoolEntry entry) {
    return locked(() -> entries.remove(entry));
  }

  List<PoolEntry> removeAll(Predicate<PoolEntry> condition) {
    return locked(() -> {
      List<PoolEntry> removed = entries.stream().filter(condition).toList();
      entries.removeAll(removed);
      return removed;
    });
  }

  List<PoolEntry> removeExpired() {
    long now = time.nanos();
    return removeAll(entry -> entry.isIdle() && entry.isExpired(config, now));
  }

  List<PoolEntry> entries() {
    return locked(() -> List.copyOf(entries));
  }

  void markUnhealthy(PoolEntry entry) {
    locked(() -> entry.healthy = false);
  }

  /** Its lifetime counts from now. */
  void renewed(PoolEntry entry) {
    locked(() -> entry.livesUntil = time.nanos() + entry.spec.lifetime().toNanos());
  }

  void countDestroyed() {
    locked(() -> ++destroyed);
  }

  /** Keeps this kind ready from now on. */
  void keepReady(PoolKind kind) {
    locked(() -> {
      kinds.merge(kind, 0, Integer::sum);
      Optional<PoolKind> oldest =
          kinds.keySet().stream().filter(k -> kinds.size() > MOST_KINDS).findFirst();
      oldest.ifPresent(kinds::remove);
      return oldest;
    });
  }

  /** Takes room for those that are missing, one element for each. */
  List<PoolKind> takeRoomForMissing() {
    return locked(() -> closed ? List.of() : missing());
  }

  /** One that was missing has been made, or could not be. */
  void settled(PoolKind kind) {
    locked(() -> kinds.computeIfPresent(kind, (k, pending) -> Math.max(0, pending - 1)) == null);
  }

  void close() {
    locked(() -> closed = true);
  }

  PoolStats stats() {
    return locked(() -> {
      int idle = idle();
      int busy = entries.size() - idle;
      return new PoolStats(
          created, destroyed, reused, timeouts, errors, entries.size(), idle, busy);
    });
  }

  private Optional<PoolPlace> place(Predicate<PoolEntry> willDo) {
    long now = time.nanos();
    Optional<PoolEntry> idle = first(e -> e.isIdle() && !e.isWorn(config, now) && willDo.test(e));
    if (idle.isPresent()) {
      idle.get().use(now);
      reused++;
      return Optional.of(PoolPlace.of(idle.get()));
    }
    if (reserve()) {
      return Optional.of(PoolPlace.ROOM);
    }
    Optional<PoolEntry> victim = evict();
    return victim.filter(v -> reserve()).map(PoolPlace::insteadOf);
  }

  private List<PoolEntry> giveBack(PoolEntry entry) {
    long now = time.nanos();
    if (entry.claimed || closed || !config.reuse() || entry.isWorn(config, now)) {
      entries.remove(entry);
      return List.of(entry);
    }
    entry.busy = false;
    entry.lastUsed = now;
    List<PoolEntry> surplus = new ArrayList<>();
    while (idle() > config.maxIdle()) {
      evict().ifPresent(surplus::add);
    }
    return surplus;
  }

  private List<PoolKind> missing() {
    List<PoolKind> missing = new ArrayList<>();
    for (PoolKind kind : List.copyOf(kinds.keySet())) {
      int pending = kinds.getOrDefault(kind, 0);
      long have = entries.stream().filter(kind::counts).count() + pending;
      while (have < config.targetIdle() && idle() + allPending() < config.maxIdle() && reserve()) {
        kinds.put(kind, ++pending);
        missing.add(kind);
        have++;
      }
    }
    return missing;
  }

  private boolean reserve() {
    if (entries.size() + reserved >= config.maxTotal()) {
      return false;
    }
    reserved++;
    return true;
  }

  private Optional<PoolEntry> evict() {
    Optional<PoolEntry> oldest =
        entries.stream().filter(PoolEntry::isIdle).min(LEAST_RECENTLY_USED);
    oldest.ifPresent(entries::remove);
    return oldest;
  }

  private Optional<PoolEntry> first(Predicate<PoolEntry> condition) {
    return entries.stream().filter(condition).findFirst();
  }

  private int idle() {
    return (int) entries.stream().filter(PoolEntry::isIdle).count();
  }

  private int allPending() {
    return kinds.values().stream().mapToInt(Integer::intValue).sum();
  }

  private void checkOpen() {
    if (closed) {
      throw new SandboxStateException("the pool is closed");
    }
  }

  /** Whoever waits looks again after every step. */
  private <T> T locked(Supplier<T> step) {
    lock.lock();
    try {
      T result = step.get();
      changed.signalAll();
      return result;
    } finally {
      lock.unlock();
    }
  }
}
