package dev.dunes.provider.local;

import dev.dunes.guest.GuestConnection;
import dev.dunes.guest.ProcessIdentity;
import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxLock;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.guest.SandboxStore;
import dev.dunes.guest.Uninterrupted;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Sandboxes on this machine. Everything about them is in the state directory: any process of the
 * user can list, use and end them.
 */
final class LocalSandboxProvider implements SandboxProvider {
  static final String NAME = "local";
  private static final Duration LOCK_LIMIT = Duration.ofSeconds(30);

  private final LocalHost host;
  private final LocalState state;
  private final SandboxStore store;
  private final Images images;
  private final Snapshots snapshots;
  private final Reaper reaper;
  private final Launchers launchers;
  private final Optional<GracePeriod> gracePeriod;
  private final Set<LocalSandbox> owned = ConcurrentHashMap.newKeySet();

  LocalSandboxProvider(LocalHost host, LocalState state, SandboxStore store, long imageLimit) {
    this.host = host;
    this.state = state;
    this.store = store;
    this.snapshots = new Snapshots(host, state);
    this.images = new Images(new ImageStore(state.images(), state.guest(), imageLimit), snapshots);
    this.reaper = new Reaper(host, state, store);
    this.launchers = new Launchers(state.guest());
    this.gracePeriod = host.cgroups().equals(Cgroups.NONE) ? Optional.empty() : GracePeriod.find();
    reaper.start();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean takesMounts() {
    return true;
  }

  @Override
  public boolean takesRelays() {
    return true;
  }

  @Override
  public boolean takesVolumes() {
    return true;
  }

  @Override
  public boolean deleteVolume(Path directory) {
    return Volumes.delete(directory);
  }

  @Override
  public boolean offlineUnlessAsked() {
    return true;
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
  public Sandbox create(SandboxSpec spec) {
    SandboxRuntime runtime = LocalRequests.check(spec, host);
    gracePeriod.ifPresent(GracePeriod::start);
    Image image = images.resolve(spec.image());
    String id = SandboxStore.newId();
    Instant now = Instant.now();
    SandboxRecord record =
        new SandboxRecord(id, NAME, spec, now)
            .withDeadline(now.plus(spec.lifetime()))
            .withOwner(ProcessIdentity.current());
    Limits limits = Limits.of(spec, host.cgroups().enforceable(), host.memoryBytes());
    limits.requireEnforceable(host.cgroups().enforceable(), host.cgroups().describe());
    try (SandboxLock lock = store.create(record)) {
      SandboxRecord first = record;
      try {
        first = Records.withUid(record, uid(id, image));
        return start(lock.directory(), first, image, limits, runtime);
      } catch (SandboxException | IOException e) {
        discard(lock.directory(), first);
        throw e;
      }
    } catch (IOException e) {
      throw LocalErrors.disk("make a sandbox in " + store.path(), e);
    }
  }

  private LocalSandbox start(
      SandboxDirectory directory,
      SandboxRecord first,
      Image image,
      Limits limits,
      SandboxRuntime runtime)
      throws IOException {
    SandboxPaths paths = new SandboxPaths(directory.path());
    int uid = Records.uid(first).orElse(-1);
    paths.open(uid);
    SandboxCgroups cgroups = host.cgroups().plan(state.tag(), first.id(), limits);
    WritablePlaces places =
        new WritablePlaces(
            host,
            state.share(),
            state.overlays(host),
            paths,
            image.view(),
            first.spec().diskMb(),
            uid);
    image.fill(paths);
    AtomicReference<SandboxRecord> complete = new AtomicReference<>(first);
    GuestConnection connection =
        new Launch(
                state,
                launchers,
                host,
                first.id(),
                first.spec(),
                paths,
                uid,
                image,
                limits,
                runtime)
            .start(
                places,
                () -> host.cgroups().make(cgroups, limits),
                guest -> {
                  complete.set(
                      Records.complete(
                          first,
                          guest,
                          cgroups,
                          limits,
                          places.kind(),
                          host.cgroups(),
                          state.overlays(host),
                          image,
                          runtime));
                  directory.write(complete.get());
                });
    LocalSandbox sandbox = new LocalSandbox(this, directory, complete.get(), true);
    sandbox.adoptConnection(connection);
    if (!first.detached()) {
      owned.add(sandbox);
      ExitHook.install(this);
    }
    first.spec().workingDir().ifPresent(sandbox::makeWorkingDirectory);
    return sandbox;
  }

  private void discard(SandboxDirectory directory, SandboxRecord first) throws IOException {
    owned.removeIf(sandbox -> sandbox.id().equals(first.id()));
    Uninterrupted.run(() -> {
      reaper.remove(directory, Optional.of(first));
      return true;
    });
  }

  private int uid(String id, Image image) {
    if (!host.root()) {
      return -1;
    }
    return image.uid().isPresent() ? image.uid().getAsInt() : state.uids().lease(id);
  }

  @Override
  public Optional<Sandbox> get(String id) {
    return directory(id).flatMap(this::handle);
  }

  private Optional<Sandbox> handle(SandboxDirectory directory) {
    return alive(directory).map(record -> new LocalSandbox(this, directory, record, false));
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    reaper.passNow();
    List<SandboxInfo> found = new ArrayList<>();
    for (SandboxDirectory directory : directories()) {
      alive(directory)
          .map(record -> info(directory, record))
          .filter(info -> info.hasLabels(labels))
          .ifPresent(found::add);
    }
    return List.copyOf(found);
  }

  @Override
  public boolean destroy(String id) {
    Optional<SandboxDirectory> directory = directory(id);
    return directory.isPresent() && destroy(directory.get());
  }

  boolean destroy(SandboxDirectory directory) {
    return Uninterrupted.run(() -> destroyLocked(directory));
  }

  private boolean destroyLocked(SandboxDirectory directory) {
    try {
      Optional<SandboxLock> lock = directory.lock(LOCK_LIMIT);
      if (lock.isEmpty()) {
        return false;
      }
      Optional<SandboxRecord> record;
      boolean wasAlive;
      boolean left;
      try (SandboxLock _ = lock.get()) {
        record = directory.read();
        wasAlive = record.isPresent() && isAlive(record.get());
        left = reaper.retire(directory, record);
      }
      // INVARIANT: not before the lock is given up, without which nobody deletes
      if (left || record.filter(Records::hasLayers).isPresent()) {
        ExitHook.install(this); // so that a program that ends has deleted it
        reaper.removals().add(directory.id(), record);
      }
      return wasAlive;
    } catch (IOException e) {
      throw LocalErrors.disk("remove the sandbox " + directory.id(), e);
    }
  }

  @Override
  public boolean deleteSnapshot(String snapshot) {
    try {
      boolean was = snapshots.delete(snapshot);
      Snapshots.collect(state, store);
      return was;
    } catch (IOException e) {
      throw LocalErrors.disk("delete the snapshot " + snapshot, e);
    }
  }

  /** From now on the other handle is the one that ends with this program, if this one was. */
  void replace(LocalSandbox sandbox, LocalSandbox other) {
    if (owned.remove(sandbox)) {
      owned.add(other);
    }
  }

  void forget(LocalSandbox sandbox) {
    owned.remove(sandbox);
  }

  /** The record of a sandbox that is there and can still be used. */
  Optional<SandboxRecord> alive(SandboxDirectory directory) {
    try {
      return directory.read().filter(LocalSandboxProvider::isAlive);
    } catch (IOException e) {
      throw LocalErrors.disk("read the record of sandbox " + directory.id(), e);
    }
  }

  private static boolean isAlive(SandboxRecord record) {
    return record.state() != SandboxState.CREATING
        && record.guest().filter(ProcessIdentity::isAlive).isPresent()
        && record.deadline().filter(Instant.now()::isAfter).isEmpty()
        && (record.detached() || record.owner().filter(ProcessIdentity::isAlive).isPresent());
  }

  SandboxInfo info(SandboxDirectory directory, SandboxRecord record) {
    boolean paused = Files.exists(new SandboxPaths(directory.path()).pausedMark());
    return info(record, paused ? SandboxState.STOPPED : SandboxState.RUNNING);
  }

  /** A sandbox as its record describes it. */
  SandboxInfo info(SandboxRecord record, SandboxState now) {
    Map<String, String> metadata = new HashMap<>(record.metadata());
    Records.hideInternals(metadata);
    return new SandboxInfo(
        record.id(),
        NAME,
        now,
        record.spec().labels(),
        Optional.of(record.createdAt()),
        record.deadline(),
        Records.runtime(record).tier(),
        metadata);
  }

  /** Runs something while no other process changes the sandbox. */
  <T> T locked(SandboxDirectory directory, Locked<T> work) {
    try {
      Optional<SandboxLock> lock = directory.lock(LOCK_LIMIT);
      if (lock.isEmpty()) {
        throw notFound(directory.id());
      }
      try (SandboxLock _ = lock.get()) {
        SandboxRecord record =
            directory
                .read()
                .filter(LocalSandboxProvider::isAlive)
                .orElseThrow(() -> notFound(directory.id()));
        return work.with(record);
      }
    } catch (IOException e) {
      throw LocalErrors.disk("change the sandbox " + directory.id(), e);
    }
  }

  interface Locked<T> {
    T with(SandboxRecord record) throws IOException;
  }

  LocalHost host() {
    return host;
  }

  Snapshots snapshots() {
    return snapshots;
  }

  private Optional<SandboxDirectory> directory(String id) {
    return store.find(id);
  }

  private List<SandboxDirectory> directories() {
    try {
      return store.all();
    } catch (IOException e) {
      throw LocalErrors.disk("list " + store.path(), e);
    }
  }

  /** Ends the sandboxes that were made here and are not detached, and waits for the reaper. */
  @Override
  public void close() {
    List<ProviderException> failures = new ArrayList<>();
    for (LocalSandbox sandbox : List.copyOf(owned)) {
      try {
        sandbox.destroy();
      } catch (SandboxException e) {
        failures.add(new ProviderException("cannot end " + sandbox, ErrorDetails.cause(e)));
      }
    }
    launchers.close();
    reaper.close();
    ExitHook.remove(this);
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }
}
