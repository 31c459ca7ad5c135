package dev.dunes.provider.host;

import dev.dunes.guest.GuestConnection;
import dev.dunes.guest.GuestConnection.Role;
import dev.dunes.guest.GuestSandbox;
import dev.dunes.guest.GuestUsage;
import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxLock;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxMetrics;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.Snapshot;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A sandbox made of plain processes. */
final class HostSandbox extends GuestSandbox implements Pausing, Forking {
  private static final Duration LONGEST_LIFETIME = Duration.ofDays(365);

  private final HostSandboxProvider provider;
  private final SandboxDirectory directory;
  private final SandboxRecord made;

  HostSandbox(
      HostSandboxProvider provider,
      SandboxDirectory directory,
      SandboxRecord record,
      @Nullable GuestConnection connection) {
    super(record.id(), record.provider(), record.spec());
    this.provider = provider;
    this.directory = directory;
    this.made = record;
    if (connection != null) {
      adopt(connection);
    }
  }

  @Override
  protected GuestConnection connect() {
    record(); // says that it is gone, when it is
    try {
      return HostGuest.connect(id(), HostLayout.of(directory), Role.VISITOR);
    } catch (IOException e) {
      throw provider.gone(id());
    }
  }

  @Override
  protected void checkUsable() {
    if (record().paused()) {
      throw new SandboxStateException(
          "the sandbox is paused", ErrorDetails.at(provider(), id()).withRemedy("resume it first"));
    }
  }

  private SandboxRecord record() {
    return provider.alive(directory).orElseThrow(() -> provider.gone(id()));
  }

  @Override
  public SandboxInfo info() {
    return provider
        .alive(directory)
        .map(HostSandboxProvider::describe)
        .orElseGet(() -> HostSandboxProvider.describe(made.withState(SandboxState.TERMINATED)));
  }

  @Override
  public SandboxState state() {
    return info().state();
  }

  @Override
  public Optional<Instant> deadline() {
    return info().deadline();
  }

  @Override
  public void renew(Duration lifetime) {
    if (lifetime.toMillis() < 1 || lifetime.compareTo(LONGEST_LIFETIME) > 0) {
      throw InvalidRequestException.field("lifetime", lifetime, "a duration from 1 ms to 365 days");
    }
    change(record -> {
      setGuestDeadline(lifetime);
      return record.withDeadline(Instant.now().plus(lifetime));
    });
  }

  @Override
  public SandboxMetrics metrics() {
    GuestUsage usage = usage();
    return new SandboxMetrics(
        usage.cpuTime(),
        usage.residentBytes(),
        OptionalLong.empty(),
        usage.processes(),
        DiskUse.of(directory.path()),
        OptionalLong.empty(),
        Duration.between(made.createdAt(), Instant.now()));
  }

  // ---- pausing ----

  @Override
  public Optional<Pausing> pausing() {
    return Optional.of(this);
  }

  @Override
  public void pause() {
    try (SandboxLock lock = lock()) {
      SandboxRecord record = record();
      if (!record.paused()) {
        freeze(lock, record);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  @Override
  public void resume() {
    change(record -> {
      if (record.paused()) {
        thawByGuest();
      }
      return record.withState(SandboxState.RUNNING);
    });
  }

  /** Notes it first, so that no command starts once the processes there are have been stopped. */
  private void freeze(SandboxLock lock, SandboxRecord running) throws IOException {
    lock.directory().write(running.withState(SandboxState.STOPPED));
    boolean frozen = false;
    try {
      freezeByGuest();
      frozen = true;
    } finally {
      if (!frozen) {
        lock.directory().write(running);
      }
    }
  }

  // ---- copying ----

  @Override
  public Optional<Forking> forking() {
    return Optional.of(this);
  }

  @Override
  public Snapshot snapshot() {
    return standingStill(() -> provider.snapshots().take(HostLayout.of(directory)));
  }

  @Override
  public Sandbox fork() {
    return standingStill(() -> provider.create(spec(), Optional.of(HostLayout.of(directory))));
  }

  @Override
  public boolean deleteSnapshot(String id) {
    return provider.deleteSnapshot(id);
  }

  /** Does something with the files while no process of the sandbox can change them. */
  private <T> T standingStill(Action<T> action) {
    try (SandboxLock lock = lock()) {
      SandboxRecord record = record();
      if (record.paused()) {
        return action.run();
      }
      freeze(lock, record);
      try {
        return action.run();
      } finally {
        thawByGuest();
        lock.directory().write(record);
      }
    } catch (IOException e) {
      throw HostGuest.failure("cannot copy the files of sandbox " + id(), e);
    }
  }

  private interface Action<T> {
    T run() throws IOException;
  }

  // ---- state ----

  private interface Change {
    SandboxRecord of(SandboxRecord record);
  }

  private void change(Change change) {
    try (SandboxLock lock = lock()) {
      SandboxRecord before = record();
      SandboxRecord after = change.of(before);
      lock.directory().write(after);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private SandboxException unwritable(IOException e) {
    return HostGuest.failure("cannot write the record of sandbox " + id(), e);
  }

  private SandboxLock lock() throws IOException {
    return directory.lock(HostSandboxProvider.LOCK_LIMIT).orElseThrow(() -> provider.gone(id()));
  }

  // ---- ending ----

  @Override
  public boolean destroy() {
    provider.disown(this);
    try {
      return provider.destroy(id());
    } finally {
      disconnect(); // not before: a guest that loses its owner ends by itself, and nobody would
      // have destroyed it
    }
  }

  @Override
  public void close() {
    if (provider.owns(this) && !spec().detached()) {
      destroy();
    } else {
      provider.disown(this);
      disconnect();
    }
  }
}
