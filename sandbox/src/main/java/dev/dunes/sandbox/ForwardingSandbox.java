package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A sandbox that is another one, but for what a subclass changes. */
abstract class ForwardingSandbox implements Sandbox {
  private final Sandbox sandbox;

  ForwardingSandbox(Sandbox sandbox) {
    this.sandbox = requireNonNull(sandbox, "sandbox");
  }

  @Override
  public String id() {
    return sandbox.id();
  }

  @Override
  public String provider() {
    return sandbox.provider();
  }

  @Override
  public SandboxInfo info() {
    return sandbox.info();
  }

  @Override
  public SandboxState state() {
    return sandbox.state();
  }

  @Override
  public Map<String, String> labels() {
    return sandbox.labels();
  }

  @Override
  public SandboxSpec spec() {
    return sandbox.spec();
  }

  @Override
  public RunningCommand start(Command command) {
    return sandbox.start(command);
  }

  @Override
  public ExecResult exec(Command command) {
    return sandbox.exec(command);
  }

  @Override
  public List<ExecResult> execMany(List<Command> commands, boolean stopOnError) {
    return sandbox.execMany(commands, stopOnError);
  }

  @Override
  public ExecStream stream(Command command) {
    return sandbox.stream(command);
  }

  @Override
  public SandboxFiles files() {
    return sandbox.files();
  }

  @Override
  public void upload(Path local, String remote) {
    sandbox.upload(local, remote);
  }

  @Override
  public void download(String remote, Path local) {
    sandbox.download(remote, local);
  }

  @Override
  public Optional<Instant> deadline() {
    return sandbox.deadline();
  }

  @Override
  public void renew(Duration lifetime) {
    sandbox.renew(lifetime);
  }

  @Override
  public SandboxMetrics metrics() {
    return sandbox.metrics();
  }

  @Override
  public Optional<Pausing> pausing() {
    return sandbox.pausing();
  }

  @Override
  public Optional<Forking> forking() {
    return sandbox.forking();
  }

  @Override
  public Optional<Assigning> assigning() {
    return sandbox.assigning();
  }

  @Override
  public Optional<PortAccess> ports() {
    return sandbox.ports();
  }

  @Override
  public boolean destroy() {
    return sandbox.destroy();
  }

  @Override
  public void close() {
    sandbox.close();
  }

  @Override
  public String toString() {
    return sandbox.toString();
  }
}
