package dev.dunes.sandbox;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** What a {@link SandboxPool} holds and has promised. Not safe for several threads: guarded by the pool's lock. */
final class PoolShelf {
  private static final int MOST_KINDS = 8;
  private static final Comparator<PoolEntry> LEAST_RECENTLY_USED =
      Comparator.comparingLong(entry -> entry.lastUsed);

  private final PoolConfig config;
  private final List<PoolEntry> entries = new ArrayList<>();

  /** How many of each kind are being made ahead of need; the kind asked for least recently is forgotten first. */
  private final Map<PoolKind, Integer> kinds = new LinkedHashMap<>(16, 0.75f, true);

  /** Sandboxes being made, for callers or ahead of need. INVARIANT: entries + reserved never exceeds maxTotal. */
  private int reserved;

  long created;
  long destroyed;
  long reused;
  long timeouts;
  long errors;

  PoolShelf(PoolConfig config) {
    this.config = config;
  }

  /** Takes room for one more, if there is any. */
  boolean reserve() {
    if (entries.size() + reserved >= config.maxTotal()) {
      return false;
    }
    reserved++;
    return true;
  }

  /** Gives room back that was not used. */
  void unreserve() {
    reserved--;
  }

  /** Uses room that was taken. */
  void add(PoolEntry entry) {
    reserved--;
    created++;
    entries.add(entry);
  }

  boolean remove(PoolEntry entry) {
    return entries.remove(entry);
  }

  List<PoolEntry> entries() {
    return List.copyOf(entries);
  }

  Optional<PoolEntry> first(Predicate<PoolEntry> condition) {
    return entries.stream().filter(condition).findFirst();
  }

  /** Removes the idle one nobody has used for longest. */
  Optional<PoolEntry> evict() {
    Optional<PoolEntry> oldest =
        entries.stream().filter(PoolEntry::isIdle).min(LEAST_RECENTLY_USED);
    oldest.ifPresent(entries::remove);
    return oldest;
  }

  /** Removes idle ones until there are no more than allowed. */
  List<PoolEntry> evictSurplus() {
    List<PoolEntry> evicted = new ArrayList<>();
    while (idle() > config.maxIdle()) {
      evict().ifPresent(evicted::add);
    }
    return evicted;
  }

  List<PoolEntry> removeAll(Predicate<PoolEntry> condition) {
    List<PoolEntry> removed = entries.stream().filter(condition).toList();
    entries.removeAll(removed);
    return removed;
  }

  /** Keeps this kind ready from now on. */
  void keepReady(PoolKind kind) {
    kinds.merge(kind, 0, Integer::sum);
    kinds.keySet().stream()
        .filter(known -> kinds.size() > MOST_KINDS && !known.equals(kind))
        .findFirst()
        .ifPresent(kinds::remove);
  }

  /** Takes room for those that are missing, one element for each. */
  List<PoolKind> missing() {
    List<PoolKind> missing = new ArrayList<>();
    for (PoolKind kind : List.copyOf(kinds.keySet())) {
      int pending = pending(kind);
      long have = entries.stream().filter(kind::counts).count() + pending;
      while (have < config.targetIdle() && idle() + allPending() < config.maxIdle() && reserve()) {
        kinds.put(kind, ++pending);
        missing.add(kind);
        have++;
      }
    }
    return missing;
  }

  /** One that was missing has been made, or could not be. */
  void settled(PoolKind kind) {
    kinds.computeIfPresent(kind, (k, pending) -> Math.max(0, pending - 1));
  }

  PoolStats stats() {
    int idle = idle();
    int busy = entries.size() - idle;
    return new PoolStats(
        created, destroyed, reused, timeouts, errors, entries.size(), idle, busy);
  }

  private int idle() {
    return (int) entries.stream().filter(PoolEntry::isIdle).count();
  }

  private int pending(PoolKind kind) {
    return kinds.getOrDefault(kind, 0);
  }

  private int allPending() {
    return kinds.values().stream().mapToInt(Integer::intValue).sum();
  }
}
