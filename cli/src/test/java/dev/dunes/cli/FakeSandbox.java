package dev.dunes.cli;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFiles;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxMetrics;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** A handle of a sandbox at a {@link FakeProvider}. */
final class FakeSandbox implements Sandbox {
  private final FakeProvider provider;
  private final FakeProvider.Box box;
  private final boolean owner;

  FakeSandbox(FakeProvider provider, FakeProvider.Box box, boolean owner) {
    this.provider = provider;
    this.box = box;
    this.owner = owner;
  }

  @Override
  public String id() {
    return box.id;
  }

  @Override
  public String provider() {
    return provider.name();
  }

  @Override
  public SandboxInfo info() {
    return box.info(provider.name());
  }

  @Override
  public SandboxState state() {
    return provider.boxes.containsKey(box.id) ? SandboxState.RUNNING : SandboxState.TERMINATED;
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
    if (provider.brokenExec.isPresent()) {
      throw provider.brokenExec.get();
    }
    provider.commands.add(command);
    return new FakeCommand(command, provider.script);
  }

  @Override
  public SandboxFiles files() {
    return box.files.handle();
  }

  @Override
  public Optional<Instant> deadline() {
    return Optional.of(box.deadline);
  }

  @Override
  public void renew(Duration lifetime) {
    box.deadline = Instant.now().plus(lifetime);
  }

  @Override
  public SandboxMetrics metrics() {
    throw new UnsupportedOperationException("metrics");
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
    return provider.destroy(box.id);
  }

  @Override
  public void close() {
    if (owner && !box.spec.detached()) {
      destroy();
    }
  }
}
