package dev.dunes.provider.local;

import dev.dunes.guest.ProcessIdentity;
import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxLock;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.guest.SandboxStore;
import dev.dunes.guest.Uninterrupted;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes sandboxes: one on request, and on every pass those whose owner was killed, whose guest
 * has ended, whose deadline has passed, or that were never finished. Passes run when a provider is
 * opened, every minute while it is, and before sandboxes are listed; a sandbox someone holds the
 * lock of is left alone.
 */
final class Reaper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Reaper.class);
  private static final Duration INTERVAL = Duration.ofMinutes(1);
  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  private final LocalHost host;
  private final LocalState state;
  private final SandboxStore store;
  private final Removals removals;
  private final ReentrantLock passing = new ReentrantLock();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("dunes-local-reaper").unstarted(this::run);

  Reaper(LocalHost host, LocalState state, SandboxStore store) {
    this.host = host;
    this.state = state;
    this.store = store;
    this.removals = new Removals(state, store);
  }

  /** What is deleted later. */
  Removals removals() {
    return removals;
  }

  void start() {
    thread.start();
  }

  /** What others left until now is gone once this returns. */
  void passNow() {
    try {
      passing.lockInterruptibly();
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("cleaning up after other programs", e);
    }
    try {
      Uninterrupted.run(() -> {
        pass();
        return true;
      });
    } finally {
      passing.unlock();
    }
  }

  @Override
  public void close() {
    closing.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread()
          .interrupt(); // whoever closes is in a hurry; the next program cleans up the rest
    }
    removals.close();
  }

  private void run() {
    try {
      do {
        passNow();
      } while (!closing.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pass() {
    try {
      state.refresh();
      removals.drain();
      store.sweep();
      for (SandboxDirectory directory : store.all()) {
        check(directory);
      }
      Leftovers.remove(host.cgroups(), state, store);
    } catch (IOException | SandboxException e) {
      LOG.warn("cannot clean up in {}: {}", store.path(), e.getMessage());
    }
  }

  private void check(SandboxDirectory directory) {
    try {
      if (!finished(directory.read())) {
        return;
      }
      Optional<SandboxLock> lock = directory.tryLock();
      if (lock.isPresent()) {
        try (SandboxLock _ = lock.get()) {
          Optional<SandboxRecord> record = directory.read();
          if (finished(record)) {
            remove(directory, record);
          }
        }
      }
    } catch (IOException | SandboxException e) {
      LOG.warn("sandbox {} cannot be removed now: {}", directory.id(), e.getMessage());
    }
  }

  /** One that is being made is finished when its lock can be had: its maker is gone. */
  private static boolean finished(Optional<SandboxRecord> record) {
    return record.isEmpty()
        || record.get().state() == SandboxState.CREATING
        || record.get().guest().filter(ProcessIdentity::isAlive).isEmpty()
        || record.get().deadline().filter(Instant.now()::isAfter).isPresent()
        || !record.get().detached()
            && record.get().owner().filter(ProcessIdentity::isAlive).isEmpty();
  }

  /**
   * Ends a sandbox and removes every trace of it. Only for the holder of its lock; may be repeated
   * at any point.
   */
  void remove(SandboxDirectory directory, Optional<SandboxRecord> record) throws IOException {
    end(directory, record);
    release(record, directory.id());
    directory.delete();
  }

  /**
   * The same for those who wait: the sandbox has ended and is out of sight when this returns, its
   * files are to be deleted by {@link Removals}.
   *
   * @return whether they are
   */
  boolean retire(SandboxDirectory directory, Optional<SandboxRecord> record) throws IOException {
    end(directory, record);
    boolean left = directory.retire();
    if (!left) {
      release(record, directory.id());
    }
    return left;
  }

  private void end(SandboxDirectory directory, Optional<SandboxRecord> record) throws IOException {
    SandboxPaths paths = new SandboxPaths(directory.path());
    Optional<ProcessIdentity> guest = record.flatMap(SandboxRecord::guest);
    if (guest.isEmpty()) {
      guest = GuestProcess.of(paths); // made, but its maker did not get round to writing it down
    }
    guest.ifPresent(ProcessIdentity::kill);
    SandboxCgroups cgroups = host.cgroups().of(state.tag(), directory.id());
    cgroups.killAll();
    if (guest.isPresent() && !guest.get().awaitEnd(END_LIMIT)) {
      throw new IOException("process " + guest.get().pid() + " does not end");
    }
    cgroups.remove();
  }

  private void release(Optional<SandboxRecord> record, String id) throws IOException {
    OptionalInt uid = record.map(Records::uid).orElse(OptionalInt.empty());
    if (uid.isPresent()) {
      state.uids().releaseIfOwnedBy(uid.getAsInt(), id);
    }
  }
}
