package dev.dunes.provider.docker;

import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxLock;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.guest.SandboxStore;
import dev.dunes.guest.Uninterrupted;
import dev.dunes.provider.docker.Containers.Container;
import dev.dunes.provider.docker.SnapshotNotes.Note;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxState;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what is over: sandboxes whose owner was killed or whose deadline has come while they were
 * paused, directories whose container has ended, containers whose maker was killed before it could
 * note them, snapshots whose taker was killed before it had them. Passes run when a provider is
 * opened, every minute while it is, and before sandboxes are listed. What other state directories
 * have made is none of its business.
 */
final class Reaper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Reaper.class);
  private static final Duration INTERVAL = Duration.ofMinutes(1);

  private final DockerSandboxProvider provider;
  private final Daemon daemon;
  private final SandboxStore store;
  private final String instance;
  private final ReentrantLock passing = new ReentrantLock();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("dunes-docker-reaper").unstarted(this::run);

  Reaper(DockerSandboxProvider provider, Daemon daemon, SandboxStore store, String instance) {
    this.provider = provider;
    this.daemon = daemon;
    this.store = store;
    this.instance = instance;
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
    } catch (IOException e) {
      LOG.warn("cannot clean up in {}: {}", store.path(), e.getMessage());
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
      Thread.currentThread().interrupt(); // the next program cleans up the rest
    }
  }

  private void run() {
    try {
      do {
        try {
          passNow();
        } catch (SandboxException e) {
          LOG.debug("cannot clean up now: {}", e.getMessage());
        }
      } while (!closing.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pass() throws IOException {
    store.sweep();
    Map<String, Container> containers =
        daemon.containers().all().stream()
            .collect(Collectors.toMap(each -> each.labels().id(), each -> each, (one, two) -> one));
    List<SandboxDirectory> directories = store.all();
    for (SandboxDirectory directory : directories) {
      Optional<Container> container = Optional.ofNullable(containers.get(directory.id()));
      if (over(directory.read(), container)) {
        remove(directory);
      }
    }
    boolean lost = false;
    for (Container each : containers.values()) {
      // INVARIANT: a directory is made before its container and removed after it
      if (each.labels().instance().equals(instance) && store.find(each.labels().id()).isEmpty()) {
        LOG.debug("removing container {}, whose maker was killed", each.labels().id());
        daemon.containers().remove(each.labels().id());
        lost = true;
      }
    }
    if (lost) {
      provider.snapshots().collect();
    }
    clearSnapshots();
  }

  private void clearSnapshots() throws IOException {
    List<Note> notes = provider.snapshots().noted();
    for (Note left : notes.stream().filter(Note::isLeft).toList()) {
      try {
        boolean beingSaved =
            notes.stream()
                .anyMatch(note -> note.sandbox().equals(left.sandbox()) && !note.isLeft());
        if (!beingSaved) {
          letGoOn(left.sandbox());
        }
        provider.snapshots().clear(left);
      } catch (SandboxException e) {
        LOG.warn("snapshot {} cannot be removed now: {}", left.id(), e.getMessage());
      }
    }
  }

  /** A daemon that ended while it saved a container has left it still, which nobody asked for. */
  private void letGoOn(String sandbox) throws IOException {
    Optional<SandboxDirectory> directory = store.find(sandbox);
    Optional<SandboxLock> lock =
        directory.isPresent() ? directory.get().tryLock() : Optional.empty();
    if (lock.isEmpty()) {
      return; // not of this machine, gone, or somebody is at it
    }
    try (SandboxLock held = lock.get()) {
      boolean still =
          daemon
              .containers()
              .find(sandbox)
              .filter(now -> now.state() == SandboxState.STOPPED)
              .isPresent();
      if (still && !Files.exists(SandboxPlace.of(held.directory()).pausedMark())) {
        daemon.containers().pause(sandbox, false);
      }
    }
  }

  private void remove(SandboxDirectory directory) throws IOException {
    Optional<SandboxLock> lock = directory.tryLock();
    if (lock.isEmpty()) {
      return; // somebody is at it
    }
    try (SandboxLock held = lock.get()) {
      // the list of containers is older than the lock
      if (over(held.directory().read(), daemon.containers().find(directory.id()))) {
        provider.remove(held.directory());
      }
    } catch (SandboxException e) {
      LOG.warn("sandbox {} cannot be removed now: {}", directory.id(), e.getMessage());
    }
  }

  private static boolean over(Optional<SandboxRecord> record, Optional<Container> container) {
    return record.filter(DockerSandboxProvider::inTime).isEmpty()
        || container.filter(Container::alive).isEmpty();
  }
}
