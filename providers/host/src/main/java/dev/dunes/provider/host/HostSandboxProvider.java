package dev.dunes.provider.host;

import static java.util.Objects.requireNonNull;

import dev.dunes.guest.GuestBinary;
import dev.dunes.guest.GuestConnection;
import dev.dunes.guest.GuestConnection.Role;
import dev.dunes.guest.ProcessIdentity;
import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxLock;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.guest.SandboxStore;
import dev.dunes.guest.Uninterrupted;
import dev.dunes.sandbox.Capability;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The provider {@code host}: a sandbox is a directory and a guest that runs as an ordinary process.
 * Isolates nothing.
 */
final class HostSandboxProvider implements SandboxProvider {
  private static final Logger LOG = LoggerFactory.getLogger(HostSandboxProvider.class);
  private static final ProviderCapabilities CAPABILITIES =
      ProviderCapabilities.of(
          Capability.PERSISTENT,
          Capability.SNAPSHOT,
          Capability.STREAMING,
          Capability.FILE_UPLOAD,
          Capability.INTERACTIVE_SHELL);

  /**
   * How long another use of a sandbox, such as making a snapshot of it, may keep its end waiting.
   */
  static final Duration LOCK_LIMIT = Duration.ofMinutes(2);

  /** How long after its deadline a guest may still be at its end. */
  private static final Duration DEADLINE_GRACE = Duration.ofSeconds(10);

  private final SandboxStore store;
  private final HostSnapshots snapshots;
  private final Set<HostSandbox> owned = ConcurrentHashMap.newKeySet();

  HostSandboxProvider(SandboxStore store) {
    this.store = store;
    this.snapshots = new HostSnapshots(store.path().resolve("snapshots"));
  }

  @Override
  public String name() {
    return HostSandboxProviderFactory.NAME;
  }

  @Override
  public ProviderCapabilities capabilities() {
    return CAPABILITIES;
  }

  @Override
  public boolean deleteSnapshot(String id) {
    try {
      return snapshots.delete(id);
    } catch (IOException e) {
      throw HostGuest.failure("cannot delete snapshot " + id, e);
    }
  }

  HostSnapshots snapshots() {
    return snapshots;
  }

  // ---- making ----

  @Override
  public Sandbox create(SandboxSpec spec) {
    HostSpecs.check(spec);
    Optional<HostLayout> start =
        HostSpecs.snapshot(spec)
            .map(id ->
                snapshots
                    .find(id)
                    .orElseThrow(() ->
                        InvalidRequestException.field(
                            "image", "snapshot:" + id, "a snapshot that exists")));
    return create(spec, start);
  }

  /** A sandbox whose files are a copy of others. */
  HostSandbox create(SandboxSpec spec, Optional<HostLayout> files) {
    reap();
    String id = SandboxStore.newId();
    try {
      Path program = GuestBinary.install(store.stateRoot().resolve("bin"));
      SandboxRecord record =
          new SandboxRecord(id, name(), spec, Instant.now()).withOwner(ProcessIdentity.current());
      try (SandboxLock lock = store.create(record)) {
        return open(lock.directory(), record, program, files);
      }
    } catch (IOException e) {
      throw HostGuest.failure("cannot make a sandbox", e);
    }
  }

  private HostSandbox open(
      SandboxDirectory directory, SandboxRecord record, Path program, Optional<HostLayout> files)
      throws IOException {
    HostLayout layout = HostLayout.of(directory);
    SandboxSpec spec = record.spec();
    @Nullable Process guest = null;
    boolean ready = false;
    try {
      if (files.isPresent()) {
        FileCopy.copy(files.get().workspace(), layout.workspace());
        FileCopy.copy(files.get().home(), layout.home());
      }
      layout.create();
      Path workingDir = workingDir(layout, spec);
      guest = HostGuest.start(program, record.id(), layout, spec, workingDir);
      GuestConnection connection =
          HostGuest.await(guest, record.id(), layout, spec.detached() ? Role.VISITOR : Role.OWNER);
      SandboxRecord running =
          record
              .withState(SandboxState.RUNNING)
              .withDeadline(Instant.now().plus(spec.lifetime()))
              .withGuest(identity(guest))
              .withMetadata("isolation", "none: plain processes of this machine")
              .withMetadata("workspace", workingDir.toString());
      directory.write(running);
      HostSandbox sandbox = new HostSandbox(this, directory, running, connection);
      owned.add(sandbox);
      ready = true;
      LOG.debug("sandbox {} runs in {}; it isolates nothing", record.id(), workingDir);
      return sandbox;
    } finally {
      if (!ready) {
        discard(directory, guest);
      }
    }
  }

  private static Path workingDir(HostLayout layout, SandboxSpec spec) {
    Path path = spec.workingDir().map(Path::of).orElse(layout.workspace());
    try {
      return Files.createDirectories(path);
    } catch (IOException e) {
      throw new InvalidRequestException(
          "workingDir",
          "workingDir: '%s' cannot be made: %s".formatted(path, e.getMessage()),
          ErrorDetails.cause(e).withRemedy("name a directory that can be made, or leave it out"));
    }
  }

  private static ProcessIdentity identity(Process guest) {
    return ProcessIdentity.of(guest.pid())
        .orElseThrow(() -> new ProviderException("the guest ended as soon as it had started"));
  }

  private static void discard(SandboxDirectory directory, @Nullable Process guest)
      throws IOException {
    Uninterrupted.run(() -> {
      if (guest != null) {
        ProcessIdentity.of(guest.pid())
            .ifPresent(identity -> HostGuest.end(directory.id(), identity));
      }
      directory.delete();
      return true;
    });
  }

  // ---- finding ----

  @Override
  public Optional<Sandbox> get(String id) {
    Optional<SandboxDirectory> directory = store.find(requireNonNull(id, "id"));
    return directory
        .flatMap(this::alive)
        .map(record -> new HostSandbox(this, directory.get(), record, null));
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    reap();
    try {
      List<SandboxInfo> found = new ArrayList<>();
      for (SandboxDirectory each : store.all()) {
        alive(each)
            .map(HostSandboxProvider::describe)
            .filter(info -> info.hasLabels(labels))
            .ifPresent(found::add);
      }
      return List.copyOf(found);
    } catch (IOException e) {
      throw HostGuest.failure("cannot list sandboxes", e);
    }
  }

  /** The record of a sandbox that is there for use. */
  Optional<SandboxRecord> alive(SandboxDirectory directory) {
    try {
      return directory
          .read()
          .filter(record -> record.state() != SandboxState.CREATING && !isOver(record));
    } catch (IOException e) {
      throw HostGuest.failure("cannot read the record of sandbox " + directory.id(), e);
    }
  }

  static SandboxInfo describe(SandboxRecord record) {
    return new SandboxInfo(
        record.id(),
        record.provider(),
        record.state(),
        record.spec().labels(),
        Optional.of(record.createdAt()),
        record.deadline(),
        IsolationTier.NONE,
        record.metadata());
  }

  // ---- ending ----

  @Override
  public boolean destroy(String id) {
    Optional<SandboxDirectory> directory = store.find(requireNonNull(id, "id"));
    return directory.isPresent() && Uninterrupted.run(() -> destroy(directory.get()));
  }

  private boolean destroy(SandboxDirectory directory) {
    try {
      Optional<SandboxLock> lock = directory.lock(LOCK_LIMIT);
      if (lock.isEmpty()) {
        return false;
      }
      try (SandboxLock held = lock.get()) {
        boolean over = held.directory().read().map(HostSandboxProvider::isOver).orElse(true);
        remove(held.directory());
        return !over;
      }
    } catch (IOException e) {
      throw HostGuest.failure("cannot remove sandbox " + directory.id(), e);
    }
  }

  /** Only for the holder of the lock. */
  private static void remove(SandboxDirectory directory) throws IOException {
    Optional<ProcessIdentity> guest = directory.read().flatMap(SandboxRecord::guest);
    if (guest.isPresent()) {
      HostGuest.end(directory.id(), guest.get());
    } else {
      Leftovers.kill(directory.id()); // its maker died before it could note the guest
    }
    directory.delete();
  }

  /**
   * Removes what is over: owners that died, deadlines that came, guests that were killed. Leaves
   * alone what is in use.
   */
  private void reap() {
    Uninterrupted.run(() -> {
      try {
        store.sweep();
        for (SandboxDirectory each : store.all()) {
          reap(each);
        }
      } catch (IOException e) {
        LOG.warn("could not clear away old sandboxes in {}: {}", store.path(), e.getMessage());
      }
      return true;
    });
  }

  private static void reap(SandboxDirectory directory) throws IOException {
    if (directory.read().filter(record -> !isOver(record)).isPresent()) {
      return;
    }
    Optional<SandboxLock> lock = directory.tryLock();
    if (lock.isEmpty()) {
      return;
    }
    try (SandboxLock held = lock.get()) {
      if (held.directory().read().filter(record -> !isOver(record)).isEmpty()) {
        remove(held.directory());
      }
    }
  }

  private static boolean isOver(SandboxRecord record) {
    boolean abandoned =
        !record.detached() && record.owner().filter(ProcessIdentity::isAlive).isEmpty();
    if (record.state() == SandboxState.CREATING) {
      return record.owner().filter(ProcessIdentity::isAlive).isEmpty();
    }
    boolean late =
        record
            .deadline()
            .filter(deadline -> Instant.now().isAfter(deadline.plus(DEADLINE_GRACE)))
            .isPresent();
    return abandoned || late || record.guest().filter(ProcessIdentity::isAlive).isEmpty();
  }

  void disown(HostSandbox sandbox) {
    owned.remove(sandbox);
  }

  boolean owns(HostSandbox sandbox) {
    return owned.contains(sandbox);
  }

  @Override
  public void close() {
    owned.forEach(HostSandbox::close);
  }

  SandboxNotFoundException gone(String id) {
    return notFound(id);
  }
}
