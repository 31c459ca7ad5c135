package dev.dunes.provider.local;

import dev.dunes.guest.SandboxRecord;
import dev.dunes.guest.SandboxStore;
import dev.dunes.sandbox.SandboxException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes the files of sandboxes that have ended, one after another, while those who ended them go
 * on. What is not deleted when this process ends is deleted by the {@link Reaper} of the next.
 */
final class Removals implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Removals.class);

  /** How many wait; whoever ends one more deletes it himself, so that a disk does not fill up. */
  static final int MOST = 64;

  private static final Duration CLOSING = Duration.ofMinutes(1);
  private static final long IDLE_SECONDS = 1;

  private final LocalState state;
  private final SandboxStore store;
  private final Set<CompletableFuture<?>> pending = ConcurrentHashMap.newKeySet();
  private final ThreadPoolExecutor worker =
      new ThreadPoolExecutor(
          0,
          1,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(MOST),
          Thread.ofPlatform().daemon().name("dunes-local-removal").factory(),
          (task, full) -> task.run());

  Removals(LocalState state, SandboxStore store) {
    this.state = state;
    this.store = store;
  }

  /** Deletes what is left of a sandbox that is out of sight; not for holders of its lock. */
  void add(String id, Optional<SandboxRecord> record) {
    CompletableFuture<?> removal = new CompletableFuture<>();
    pending.add(removal);
    worker.execute(() -> {
      try {
        remove(id, record);
      } finally {
        pending.remove(removal);
        removal.complete(null);
      }
    });
  }

  private void remove(String id, Optional<SandboxRecord> record) {
    try {
      store.removeRetired(id);
      // only now: the next sandbox with this user id shall not own files of the last
      OptionalInt uid = record.map(Records::uid).orElse(OptionalInt.empty());
      if (uid.isPresent()) {
        state.uids().releaseIfOwnedBy(uid.getAsInt(), id);
      }
      if (record.filter(Records::hasLayers).isPresent()) {
        Snapshots.collect(state, store);
      }
    } catch (IOException | SandboxException e) {
      LOG.warn("the files of sandbox {} are deleted later: {}", id, e.getMessage());
    }
  }

  /** What was to be deleted until now is deleted once this returns. */
  void drain() {
    CompletableFuture.allOf(pending.toArray(CompletableFuture[]::new)).join();
  }

  /** Waits until all is deleted, for a minute at most. */
  @Override
  public void close() {
    worker.shutdown();
    try {
      if (!worker.awaitTermination(CLOSING.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("files of sandboxes that have ended are left for the next program to delete");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the next program deletes the rest
    }
  }
}
