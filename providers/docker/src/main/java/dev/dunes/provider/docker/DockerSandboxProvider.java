package dev.dunes.provider.docker;

import static java.util.Objects.requireNonNull;

import dev.dunes.guest.ProcessIdentity;
import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxLock;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.guest.SandboxStore;
import dev.dunes.guest.Uninterrupted;
import dev.dunes.provider.docker.Containers.Container;
import dev.dunes.sandbox.Capability;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Sandboxes that are containers. What a container is, its daemon says; what else is known of one
 * made here (values of variables, a deadline that was put off) is in the state directory, so that
 * any process of the user can go on with it. One made elsewhere can be found and used, too.
 */
final class DockerSandboxProvider implements SandboxProvider {
  private static final Duration LOCK_LIMIT = Duration.ofMinutes(2);
  private static final Pattern ID = Pattern.compile("[a-z0-9]{12,20}");

  private final Daemon daemon;
  private final SandboxStore store;
  private final String instance;
  private final Snapshots snapshots;
  private final Creation creation;
  private final Reaper reaper;
  private final Set<DockerSandbox> owned = ConcurrentHashMap.newKeySet();
  private final Map<String, Relays> relays = new ConcurrentHashMap<>();

  DockerSandboxProvider(Daemon daemon, SandboxStore store, String instance) {
    this.daemon = daemon;
    this.store = store;
    this.instance = instance;
    this.snapshots = new Snapshots(daemon.engine(), new SnapshotNotes(store), instance);
    this.creation = new Creation(this, daemon, store, instance);
    this.reaper = new Reaper(this, daemon, store, instance);
    reaper.start();
  }

  @Override
  public String name() {
    return DockerSandboxProviderFactory.NAME;
  }

  @Override
  public ProviderCapabilities capabilities() {
    return ProviderCapabilities.of(
        Capability.PERSISTENT,
        Capability.SNAPSHOT,
        Capability.STREAMING,
        Capability.FILE_UPLOAD,
        Capability.INTERACTIVE_SHELL);
  }

  @Override
  public boolean takesUsers() {
    return true;
  }

  @Override
  public boolean takesMounts() {
    return daemon.sharesFiles();
  }

  @Override
  public boolean takesRelays() {
    return daemon.sharesFiles();
  }

  @Override
  public boolean offlineUnlessAsked() {
    return true;
  }

  Daemon daemon() {
    return daemon;
  }

  // ---- making ----

  @Override
  public Sandbox create(SandboxSpec spec) {
    Creation.Ready ready = creation.check(spec);
    String id = SandboxStore.newId();
    Instant now = Instant.now();
    SandboxRecord first =
        new SandboxRecord(id, name(), spec, now)
            .withDeadline(now.plus(spec.lifetime()))
            .withOwner(ProcessIdentity.current());
    try (SandboxLock lock = store.create(first)) {
      try {
        return creation.make(lock.directory(), first, ready);
      } catch (RuntimeException | Error | IOException e) {
        Uninterrupted.run(() -> undo(lock.directory(), e));
        throw e;
      }
    } catch (IOException e) {
      throw DockerErrors.disk("make a sandbox in " + store.path(), e);
    }
  }

  /** What cannot be removed now is said with the failure, and removed by the reaper. */
  private boolean undo(SandboxDirectory directory, Throwable failure) {
    try {
      return remove(directory);
    } catch (SandboxException | IOException e) {
      failure.addSuppressed(e);
      return false;
    }
  }

  /** What is made here ends with this program unless it is detached. */
  void own(DockerSandbox sandbox) {
    owned.add(sandbox);
    ExitHook.install(this);
  }

  void lend(String id, Relays lent) {
    relays.put(id, lent);
  }

  // ---- finding ----

  @Override
  public Optional<Sandbox> get(String id) {
    if (!ID.matcher(requireNonNull(id, "id")).matches()) {
      return Optional.empty();
    }
    Optional<SandboxDirectory> directory = store.find(id);
    if (directory.isPresent()) {
      return alive(directory.get())
          .map(record -> new DockerSandbox(this, directory, record, false));
    }
    return daemon
        .containers()
        .find(id)
        .filter(Container::alive)
        .map(Container::labels)
        .filter(labels -> labels.id().equals(id) && !labels.instance().equals(instance))
        .map(labels -> new DockerSandbox(this, Optional.empty(), foreign(labels), false));
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    reaper.passNow();
    List<SandboxInfo> found = new ArrayList<>();
    for (Container each : daemon.containers().all()) {
      record(each)
          .map(record -> describe(record, each.state()))
          .filter(info -> info.hasLabels(labels))
          .ifPresent(found::add);
    }
    return List.copyOf(found);
  }

  /** What is known of a container that can be used; empty when it cannot. */
  private Optional<SandboxRecord> record(Container container) {
    if (!container.alive() || !ID.matcher(container.labels().id()).matches()) {
      return Optional.empty();
    }
    Optional<SandboxDirectory> directory = store.find(container.labels().id());
    if (directory.isPresent()) {
      return read(directory.get()).filter(DockerSandboxProvider::inTime);
    }
    return container.labels().instance().equals(instance)
        ? Optional.empty() // on its way in or out
        : Optional.of(foreign(container.labels()));
  }

  private SandboxRecord foreign(ContainerLabels labels) {
    return new SandboxRecord(
            labels.id(), name(), labels.spec(), labels.createdAt().orElse(Instant.EPOCH))
        .withState(SandboxState.RUNNING)
        .withMetadata(Records.RUNTIME, labels.runtime());
  }

  /** The record of a sandbox of this machine that is there and can still be used. */
  Optional<SandboxRecord> alive(SandboxDirectory directory) {
    return read(directory)
        .filter(DockerSandboxProvider::inTime)
        .filter(record ->
            daemon.containers().find(directory.id()).filter(Container::alive).isPresent());
  }

  private static Optional<SandboxRecord> read(SandboxDirectory directory) {
    try {
      return directory.read();
    } catch (IOException e) {
      throw DockerErrors.disk("read the record of sandbox " + directory.id(), e);
    }
  }

  /** Whether it is complete, and neither its deadline nor its owner's end has come. */
  static boolean inTime(SandboxRecord record) {
    return record.state() != SandboxState.CREATING
        && record.deadline().filter(Instant.now()::isAfter).isEmpty()
        && (record.detached() || record.owner().filter(ProcessIdentity::isAlive).isPresent());
  }

  SandboxInfo describe(SandboxRecord record, SandboxState state) {
    return new SandboxInfo(
        record.id(),
        name(),
        state,
        record.spec().labels(),
        Optional.of(record.createdAt()),
        record.deadline(),
        DaemonInfo.tier(record.metadata().getOrDefault(Records.RUNTIME, "")),
        record.metadata());
  }

  // ---- changing ----

  interface Locked<T> {
    T with(SandboxRecord record) throws IOException;
  }

  /** Runs something while no other process of this machine changes the sandbox. */
  <T> T locked(SandboxDirectory directory, Locked<T> work) {
    try {
      Optional<SandboxLock> lock = directory.lock(LOCK_LIMIT);
      if (lock.isEmpty()) {
        throw notFound(directory.id());
      }
      try (SandboxLock _ = lock.get()) {
        return work.with(alive(directory).orElseThrow(() -> notFound(directory.id())));
      }
    } catch (IOException e) {
      throw DockerErrors.disk("change the sandbox " + directory.id(), e);
    }
  }

  @Override
  public boolean deleteSnapshot(String id) {
    boolean was = snapshots.delete(id);
    snapshots.collect();
    return was;
  }

  Snapshots snapshots() {
    return snapshots;
  }

  // ---- ending ----

  @Override
  public boolean destroy(String id) {
    if (!ID.matcher(requireNonNull(id, "id")).matches()) {
      return false;
    }
    return Uninterrupted.run(() -> {
      Optional<SandboxDirectory> directory = store.find(id);
      return directory.isPresent() ? destroy(directory.get()) : destroyForeign(id);
    });
  }

  private boolean destroyForeign(String id) {
    Optional<Container> container = daemon.containers().find(id);
    return container.filter(found -> found.labels().id().equals(id)).isPresent()
        && daemon.containers().remove(id)
        && container.get().alive();
  }

  private boolean destroy(SandboxDirectory directory) {
    try {
      Optional<SandboxLock> lock = directory.lock(LOCK_LIMIT);
      if (lock.isEmpty()) {
        return false;
      }
      try (SandboxLock _ = lock.get()) {
        Optional<SandboxRecord> record = directory.read();
        boolean inTime = record.filter(DockerSandboxProvider::inTime).isPresent();
        boolean was = remove(directory);
        if (record
            .flatMap(known -> known.spec().image())
            .filter(Snapshots::isSnapshot)
            .isPresent()) {
          snapshots.collect();
        }
        return was && inTime;
      }
    } catch (IOException e) {
      throw DockerErrors.disk("remove the sandbox " + directory.id(), e);
    }
  }

  /** Only for the holder of the lock; may be repeated. False when there was no container. */
  boolean remove(SandboxDirectory directory) throws IOException {
    boolean was = daemon.containers().remove(directory.id());
    forget(directory.id());
    SandboxPlace.of(directory).unseal();
    directory.delete();
    return was;
  }

  private void forget(String id) {
    owned.removeIf(sandbox -> sandbox.id().equals(id));
    Relays lent = relays.remove(id);
    if (lent != null) {
      lent.close();
    }
  }

  /** Ends the sandboxes that were made here and are not detached, and waits for the reaper. */
  @Override
  public void close() {
    List<ProviderException> failures = new ArrayList<>();
    for (DockerSandbox sandbox : List.copyOf(owned)) {
      try {
        sandbox.destroy();
      } catch (SandboxException e) {
        failures.add(notEnded(sandbox, e));
      }
    }
    reaper.close();
    relays.values().forEach(Relays::close);
    ExitHook.remove(this);
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }

  private ProviderException notEnded(DockerSandbox sandbox, SandboxException cause) {
    return new ProviderException(
        "cannot end %s: %s".formatted(sandbox, cause.getMessage()),
        ErrorDetails.at(name(), sandbox.id())
            .withCause(cause)
            .withRemedy(
                cause.remedy().orElse("see the Docker daemon's own log")
                    + "; the next program that uses this state directory removes it"));
  }
}
