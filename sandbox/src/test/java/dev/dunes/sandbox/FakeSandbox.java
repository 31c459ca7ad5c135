package dev.dunes.sandbox;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A handle of a sandbox that {@link RecordingProvider} wrote down. */
final class FakeSandbox implements Sandbox {
  final RecordingProvider made;
  final RecordingProvider.Box box;
  private final boolean owner;

  FakeSandbox(RecordingProvider provider, RecordingProvider.Box box, boolean owner) {
    this.made = provider;
    this.box = box;
    this.owner = owner;
  }

  @Override
  public String id() {
    return box.id;
  }

  @Override
  public String provider() {
    return made.name();
  }

  @Override
  public SandboxInfo info() {
    return box.info(made.name());
  }

  @Override
  public SandboxState state() {
    return box.nextState();
  }

  @Override
  public Map<String, String> labels() {
    return box.spec.labels();
  }

  @Override
  public SandboxSpec spec() {
    return box.spec;
  }

  @Override
  public RunningCommand start(Command command) {
    made.commands.add(command);
    return made.runs.apply(command);
  }

  @Override
  public SandboxFiles files() {
    throw new UnsupportedCapabilityException("no files");
  }

  @Override
  public Optional<Instant> deadline() {
    return Optional.of(box.deadline);
  }

  @Override
  public void renew(Duration lifetime) {
    if (!made.boxes.containsKey(box.id)) {
      throw made.notFound(box.id);
    }
    box.renewals.add(lifetime);
    box.deadline = RecordingProvider.EPOCH.plus(lifetime);
  }

  @Override
  public SandboxMetrics metrics() {
    throw new UnsupportedCapabilityException("no metrics");
  }

  @Override
  public Optional<Pausing> pausing() {
    return Optional.empty();
  }

  @Override
  public Optional<Forking> forking() {
    return Optional.empty();
  }

  @Override
  public Optional<PortAccess> ports() {
    return Optional.empty();
  }

  @Override
  public boolean destroy() {
    return made.destroy(box.id);
  }

  @Override
  public void close() {
    made.closedHandles.add(box.id);
    if (owner && !box.spec.detached()) {
      made.boxes.remove(box.id);
    }
  }

  /** Other handles of the same sandbox, for tests of identity. */
  List<Duration> renewals() {
    return box.renewals;
  }
}
