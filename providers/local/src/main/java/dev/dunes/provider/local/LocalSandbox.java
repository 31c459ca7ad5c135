package dev.dunes.provider.local;

import dev.dunes.guest.GuestConnection;
import dev.dunes.guest.GuestSandbox;
import dev.dunes.guest.GuestUsage;
import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.sandbox.Assigning;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxMetrics;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** A handle on a sandbox of this machine. */
final class LocalSandbox extends GuestSandbox implements Assigning, Forking, Pausing {
  private static final int KILLED = 137;

  private final LocalSandboxProvider provider;
  private final SandboxDirectory directory;
  private final SandboxPaths paths;
  private final SandboxCgroups cgroups;
  private final SandboxRecord record;
  private final boolean maker;
  private long memoryKillsSeen;

  LocalSandbox(
      LocalSandboxProvider provider,
      SandboxDirectory directory,
      SandboxRecord record,
      boolean maker) {
    super(record.id(), LocalSandboxProvider.NAME, record.spec());
    this.provider = provider;
    this.directory = directory;
    this.paths = new SandboxPaths(directory.path());
    this.cgroups = Records.cgroups(record);
    this.record = record;
    this.maker = maker;
    this.memoryKillsSeen = maker ? 0 : cgroups.memoryKills().orElse(0);
  }

  void adoptConnection(GuestConnection connection) {
    adopt(connection);
  }

  void makeWorkingDirectory(String path) {
    try {
      files().mkdir(path);
    } catch (SandboxException e) {
      throw new InvalidRequestException(
          "workingDir",
          "workingDir: '%s' cannot be made in the sandbox".formatted(path),
          ErrorDetails.cause(e).withRemedy("use a directory below /workspace, /home/user or /tmp"));
    }
  }

  @Override
  protected GuestConnection connect() {
    if (provider.alive(directory).isEmpty()) {
      throw provider.notFound(id());
    }
    try {
      return GuestConnection.open(
          Launch.connect(paths.socket()),
          Launch.identity(id()),
          GuestConnection.Role.VISITOR,
          Launch.GREETING_LIMIT);
    } catch (IOException e) {
      throw provider.notFound(id());
    }
  }

  @Override
  protected void checkUsable() {
    if (Files.exists(paths.pausedMark())) {
      throw new SandboxStateException(
          "sandbox '%s' is paused".formatted(id()),
          ErrorDetails.at(provider(), id()).withRemedy("resume it first"));
    }
  }

  @Override
  protected synchronized boolean killedForMemory(int exitCode) {
    if (exitCode != KILLED) {
      return false;
    }
    long kills = cgroups.memoryKills().orElse(0);
    boolean more = kills > memoryKillsSeen;
    memoryKillsSeen = kills;
    return more;
  }

  @Override
  public SandboxInfo info() {
    return provider
        .alive(directory)
        .map(now -> provider.info(directory, now))
        .orElseGet(() -> provider.info(record, SandboxState.TERMINATED));
  }

  @Override
  public SandboxState state() {
    return provider
        .alive(directory)
        .map(now -> provider.info(directory, now).state())
        .orElse(SandboxState.TERMINATED);
  }

  @Override
  public Optional<Instant> deadline() {
    return provider.alive(directory).flatMap(SandboxRecord::deadline);
  }

  @Override
  public void renew(Duration lifetime) {
    spec().toBuilder().lifetime(lifetime); // the same rule for what a lifetime can be
    provider.locked(
        directory,
        now -> {
          setGuestDeadline(lifetime);
          directory.write(now.withDeadline(Instant.now().plus(lifetime)));
          return true;
        });
  }

  @Override
  public Optional<Assigning> assigning() {
    return Optional.of(this);
  }

  @Override
  public Sandbox assign(SandboxSpec wanted) {
    if (!wanted.shape().equals(spec().shape())) {
      throw new InvalidRequestException(
          "spec",
          "sandbox '%s' can only be assigned to what differs in labels, env and lifetime"
              .formatted(id()),
          ErrorDetails.at(provider(), id()).withRemedy("create one of that specification"));
    }
    return provider.locked(
        directory,
        now -> {
          setGuestDeadline(wanted.lifetime());
          SandboxRecord next = now.assigned(wanted, Instant.now());
          directory.write(next);
          LocalSandbox assigned = new LocalSandbox(provider, directory, next, maker);
          handOver(assigned);
          provider.replace(this, assigned);
          return assigned;
        });
  }

  @Override
  public SandboxMetrics metrics() {
    GuestUsage usage = usage();
    try {
      long memory = cgroups.memoryInUse().orElse(usage.residentBytes());
      Duration cpu = cgroups.cpuTime().orElse(usage.cpuTime());
      OptionalLong limit = Records.memoryLimit(record);
      OptionalLong diskLimit =
          spec().diskMb().isPresent()
              ? OptionalLong.of(((long) spec().diskMb().getAsInt()) << 20)
              : OptionalLong.empty();
      long disk = diskLimit.isPresent() ? usage.diskUsedBytes() : DiskUsage.of(paths.upper());
      Duration uptime = Duration.between(record.createdAt(), Instant.now());
      return new SandboxMetrics(cpu, memory, limit, usage.processes(), disk, diskLimit, uptime);
    } catch (IOException e) {
      throw LocalErrors.disk("read what sandbox " + id() + " uses", e);
    }
  }

  @Override
  public Optional<Pausing> pausing() {
    return Optional.of(this);
  }

  @Override
  public Optional<Forking> forking() {
    return Optional.of(this);
  }

  @Override
  public void pause() {
    provider.locked(
        directory,
        now -> {
          if (!Files.exists(paths.pausedMark())) {
            Files.createFile(
                paths
                    .pausedMark()); // first, so that no command starts that would never be answered
            freezeOrUnmark();
          }
          return true;
        });
  }

  @Override
  public void resume() {
    provider.locked(
        directory,
        now -> {
          thaw();
          Files.deleteIfExists(paths.pausedMark());
          return true;
        });
  }

  private void freezeOrUnmark() throws IOException {
    boolean frozen = false;
    try {
      freeze();
      frozen = true;
    } finally {
      if (!frozen) {
        Files.deleteIfExists(paths.pausedMark());
      }
    }
  }

  private void freeze() {
    if (!cgroups.freeze(true)) {
      freezeByGuest();
    }
  }

  private void thaw() {
    if (!cgroups.freeze(false)) {
      thawByGuest();
    }
  }

  @Override
  public Snapshot snapshot() {
    return provider.locked(
        directory,
        now -> {
          boolean paused = Files.exists(paths.pausedMark());
          if (!paused) {
            freeze();
          }
          try {
            return provider.snapshots().take(now, paths);
          } finally {
            if (!paused) {
              thaw();
            }
          }
        });
  }

  @Override
  public Sandbox fork() {
    Snapshot snapshot = snapshot();
    try {
      return provider.create(spec().toBuilder().image(snapshot.image()).build());
    } finally {
      deleteSnapshot(snapshot.id()); // the fork keeps what it stands on
    }
  }

  @Override
  public boolean deleteSnapshot(String id) {
    return provider.deleteSnapshot(id);
  }

  @Override
  public boolean destroy() {
    boolean was = provider.destroy(directory);
    provider.forget(this);
    disconnect();
    return was;
  }

  @Override
  public void close() {
    if (maker && !record.detached()) {
      destroy();
    } else {
      disconnect();
    }
  }
}
