package dev.dunes.hosting;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.VolumeMount;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes in which the server works on the files of volumes, one a volume, as long as there is
 * work and a while longer. They end with the server.
 */
final class VolumeKeepers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeKeepers.class);
  private static final Duration LIFETIME = Duration.ofDays(1);
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final int MOST = 16;

  private final Supplier<Sandboxes> sandboxes;
  private final BiFunction<Volume, String, VolumeMount> mount;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, Keeper> keepers = new HashMap<>();
  private @Nullable Thread closer;
  private boolean closed;

  private static final class Keeper {
    final ReentrantLock making = new ReentrantLock();
    volatile @Nullable Sandbox sandbox;
    boolean ended;
    int users;
    long usedAt = System.nanoTime();
  }

  VolumeKeepers(Supplier<Sandboxes> sandboxes, BiFunction<Volume, String, VolumeMount> mount) {
    this.sandboxes = sandboxes;
    this.mount = mount;
  }

  <T> T use(Volume volume, VolumeFiles.Use<T> work) throws InterruptedException {
    Keeper keeper = enter(volume.id());
    try {
      return work.with(new VolumeFiles(sandbox(keeper, volume)));
    } catch (SandboxFileException e) {
      throw VolumeFiles.ofVolume(e);
    } catch (SandboxException e) {
      forget(volume.id(), keeper); // the next one may do
      throw Maker.failure(e);
    } finally {
      leave(keeper);
    }
  }

  private Keeper enter(String id) {
    lock.lock();
    try {
      if (closed) {
        throw new HostingException(Reason.UNAVAILABLE, "the server is shutting down");
      }
      Keeper known = keepers.get(id);
      if (known == null && keepers.size() >= MOST && !endIdle()) {
        throw new HostingException(
            Reason.UNAVAILABLE,
            "the server works on the files of %d volumes already; try again".formatted(MOST));
      }
      Keeper keeper = keepers.computeIfAbsent(id, key -> new Keeper());
      keeper.users++;
      if (closer == null) {
        closer = Thread.ofVirtual().name("dunes-volume-keepers").start(this::closeIdle);
      }
      return keeper;
    } finally {
      lock.unlock();
    }
  }

  private void leave(Keeper keeper) {
    lock.lock();
    try {
      keeper.users--;
      keeper.usedAt = System.nanoTime();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private Sandbox sandbox(Keeper keeper, Volume volume) {
    keeper.making.lock();
    try {
      if (keeper.ended) {
        throw new HostingException(
            Reason.UNAVAILABLE, "volume '%s' changes now; try again".formatted(volume.name()));
      }
      Sandbox there = keeper.sandbox;
      if (there == null) {
        // A client that leaves would leave half a sandbox.
        there =
            Unbroken.run(() ->
                sandboxes
                    .get()
                    .create(
                        SandboxSpec.builder()
                            .lifetime(LIFETIME)
                            .volume(mount.apply(volume, VolumeFiles.ROOT))
                            .build(),
                        Placement.at(volume.provider())));
        keeper.sandbox = there;
      }
      return there;
    } finally {
      keeper.making.unlock();
    }
  }

  private void forget(String id, Keeper keeper) {
    lock.lock();
    try {
      keepers.remove(id, keeper);
    } finally {
      lock.unlock();
    }
    end(keeper);
  }

  /** Ends the one of a volume, whatever it does. */
  void end(String id) {
    Keeper keeper;
    lock.lock();
    try {
      keeper = keepers.remove(id);
    } finally {
      lock.unlock();
    }
    if (keeper != null) {
      end(keeper);
    }
  }

  private static void end(Keeper keeper) {
    keeper.making.lock();
    try {
      keeper.ended = true;
      Sandbox sandbox = keeper.sandbox;
      if (sandbox != null) {
        sandbox.close();
      }
    } catch (SandboxException e) {
      LOG.warn("a sandbox for the files of a volume ends later", e);
    } finally {
      keeper.making.unlock();
    }
  }

  /** Only for the holder of the lock. */
  private boolean endIdle() {
    Optional<Map.Entry<String, Keeper>> oldest =
        keepers.entrySet().stream()
            .filter(each -> each.getValue().users == 0)
            .min((one, other) -> Long.compare(one.getValue().usedAt, other.getValue().usedAt));
    oldest.ifPresent(each -> {
      keepers.remove(each.getKey());
      end(each.getValue());
    });
    return oldest.isPresent();
  }

  private void closeIdle() {
    lock.lock();
    try {
      while (!closed) {
        long now = System.nanoTime();
        long next = IDLE_NANOS;
        for (Map.Entry<String, Keeper> each : List.copyOf(keepers.entrySet())) {
          long left = IDLE_NANOS - (now - each.getValue().usedAt);
          if (each.getValue().users == 0 && left <= 0) {
            keepers.remove(each.getKey());
            end(each.getValue());
          } else if (each.getValue().users == 0) {
            next = Math.min(next, left);
          }
        }
        if (keepers.isEmpty()) {
          break;
        }
        long _ = changed.awaitNanos(next);
      }
      closer = null;
    } catch (InterruptedException e) {
      closer = null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    List<Keeper> all;
    lock.lock();
    try {
      closed = true;
      all = List.copyOf(keepers.values());
      keepers.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    all.forEach(VolumeKeepers::end);
  }
}
