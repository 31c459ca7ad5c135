package dev.dunes.provider.docker;

import dev.dunes.guest.GuestConnection;
import dev.dunes.guest.GuestSandbox;
import dev.dunes.guest.GuestUsage;
import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.provider.docker.Containers.Container;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxMetrics;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/** A handle on a container. Without a directory it is one that was made elsewhere. */
final class DockerSandbox extends GuestSandbox implements Pausing, Forking {
  private static final int KILLED = 137;

  private final DockerSandboxProvider provider;
  private final Optional<SandboxDirectory> directory;
  private final SandboxRecord record;
  private final boolean maker;
  private long memoryKillsSeen;

  DockerSandbox(
      DockerSandboxProvider provider,
      Optional<SandboxDirectory> directory,
      SandboxRecord record,
      boolean maker) {
    super(record.id(), DockerSandboxProviderFactory.NAME, record.spec());
    this.provider = provider;
    this.directory = directory;
    this.record = record;
    this.maker = maker;
    this.memoryKillsSeen = maker ? 0 : memoryKills();
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
          ErrorDetails.cause(e)
              .withRemedy("use a directory its user can write to, such as one below /tmp"));
    }
  }

  private Optional<Container> container() {
    return directory.isPresent()
        ? provider.alive(directory.get()).flatMap(now -> provider.daemon().containers().find(id()))
        : provider.daemon().containers().find(id());
  }

  @Override
  protected GuestConnection connect() {
    if (container().filter(Container::alive).isEmpty()) {
      throw provider.notFound(id());
    }
    try {
      return provider.daemon().reach().again(id(), socket());
    } catch (IOException e) {
      if (container().filter(Container::alive).isEmpty()) {
        throw provider.notFound(id());
      }
      throw new ProviderException(
          "the guest of sandbox '%s' cannot be reached: %s".formatted(id(), e.getMessage()),
          ErrorDetails.at(provider(), id()).withCause(e).withRemedy("destroy it and make another"));
    }
  }

  private Optional<Path> socket() {
    return Records.hasSocket(record)
        ? directory.map(place -> SandboxPlace.of(place).socket())
        : Optional.empty();
  }

  @Override
  protected void checkUsable() {
    boolean paused =
        directory.isPresent()
            ? Files.exists(SandboxPlace.of(directory.get()).pausedMark())
            : container().filter(now -> now.state() == SandboxState.STOPPED).isPresent();
    if (paused) {
      if (container().filter(Container::alive).isEmpty()) {
        throw provider.notFound(id()); // its end has not cleared the mark away
      }
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
    long kills = memoryKills();
    boolean more = kills > memoryKillsSeen;
    memoryKillsSeen = kills;
    return more;
  }

  private long memoryKills() {
    OptionalLong pid = Records.pid(record);
    return pid.isPresent() ? MemoryKills.of(pid.getAsLong()).orElse(0) : 0;
  }

  @Override
  public SandboxInfo info() {
    SandboxRecord now = directory.flatMap(provider::alive).orElse(record);
    return provider.describe(now, state());
  }

  @Override
  public SandboxState state() {
    return container()
        .filter(Container::alive)
        .map(Container::state)
        .orElse(SandboxState.TERMINATED);
  }

  @Override
  public Optional<Instant> deadline() {
    return directory.flatMap(provider::alive).flatMap(SandboxRecord::deadline);
  }

  @Override
  public void renew(Duration lifetime) {
    spec().toBuilder().lifetime(lifetime); // the same rule for what a lifetime can be
    if (directory.isEmpty()) {
      setGuestDeadline(lifetime);
      return;
    }
    provider.locked(
        directory.get(),
        now -> {
          setGuestDeadline(lifetime);
          directory.get().write(now.withDeadline(Instant.now().plus(lifetime)));
          return true;
        });
  }

  @Override
  public SandboxMetrics metrics() {
    GuestUsage usage = usage();
    JsonNode stats = provider.daemon().containers().stats(id());
    long memory = stats.path("memory_stats").path("usage").asLong(usage.residentBytes());
    long nanos = stats.path("cpu_stats").path("cpu_usage").path("total_usage").asLong(0);
    OptionalLong disk =
        spec().diskMb().isPresent()
            ? OptionalLong.of(((long) spec().diskMb().getAsInt()) << 20)
            : OptionalLong.empty();
    return new SandboxMetrics(
        Duration.ofNanos(nanos),
        memory,
        Records.memoryLimit(record),
        usage.processes(),
        provider.daemon().containers().written(id()),
        disk,
        Duration.between(record.createdAt(), Instant.now()));
  }

  // ---- pausing ----

  @Override
  public Optional<Pausing> pausing() {
    return Optional.of(this);
  }

  @Override
  public void pause() {
    change(mark -> {
      if (mark.isPresent() && !Files.exists(mark.get())) {
        Files.createFile(mark.get()); // first, so that no command starts and is never answered
      }
      boolean paused = false;
      try {
        provider.daemon().containers().pause(id(), true);
        paused = true;
      } finally {
        if (!paused && mark.isPresent()) {
          Files.deleteIfExists(mark.get());
        }
      }
    });
  }

  @Override
  public void resume() {
    change(mark -> {
      provider.daemon().containers().pause(id(), false);
      if (mark.isPresent()) {
        Files.deleteIfExists(mark.get());
      }
    });
  }

  private interface Change {
    void with(Optional<Path> mark) throws IOException;
  }

  private void change(Change change) {
    try {
      if (directory.isEmpty()) {
        if (state() == SandboxState.TERMINATED) {
          throw provider.notFound(id());
        }
        change.with(Optional.empty());
        return;
      }
    } catch (IOException e) {
      throw DockerErrors.disk("change the sandbox " + id(), e);
    }
    provider.locked(
        directory.get(),
        now -> {
          change.with(Optional.of(SandboxPlace.of(directory.get()).pausedMark()));
          return true;
        });
  }

  // ---- copying ----

  @Override
  public Optional<Forking> forking() {
    return Optional.of(this);
  }

  @Override
  public Snapshot snapshot() {
    if (container().filter(Container::alive).isEmpty()) {
      throw provider.notFound(id());
    }
    return provider.snapshots().take(id());
  }

  @Override
  public Sandbox fork() {
    if (container().filter(Container::alive).isEmpty()) {
      throw provider.notFound(id());
    }
    return provider
        .snapshots()
        .lend(
            id(), snapshot -> provider.create(spec().toBuilder().image(snapshot.image()).build()));
  }

  @Override
  public boolean deleteSnapshot(String id) {
    return provider.deleteSnapshot(id);
  }

  // ---- ending ----

  @Override
  public boolean destroy() {
    try {
      return provider.destroy(id());
    } finally {
      disconnect();
    }
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
