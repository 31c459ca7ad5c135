package dev.dunes.cli;

import dev.dunes.sandbox.Capability;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Sandboxes on paper; their commands do what the {@link Script} says. */
final class FakeProvider implements SandboxProvider {
  final Map<String, Box> boxes = new ConcurrentSkipListMap<>();
  final List<Box> made = new CopyOnWriteArrayList<>();
  final List<Command> commands = new CopyOnWriteArrayList<>();
  Script script = Script.NOTHING;
  Optional<SandboxException> broken = Optional.empty();
  Optional<SandboxException> brokenExec = Optional.empty();
  private final String name;

  FakeProvider(String name) {
    this.name = name;
  }

  /** A sandbox that somebody else made. */
  String make(String id, Map<String, String> labels) {
    Box box = new Box(id, SandboxSpec.builder().labels(labels).build());
    boxes.put(id, box);
    return id;
  }

  Command lastCommand() {
    return commands.getLast();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public ProviderCapabilities capabilities() {
    return ProviderCapabilities.of(
        Capability.PERSISTENT,
        Capability.STREAMING,
        Capability.FILE_UPLOAD,
        Capability.INTERACTIVE_SHELL);
  }

  @Override
  public Sandbox create(SandboxSpec spec) {
    checkBroken();
    Box box = new Box("%s-%d".formatted(name, made.size() + 1), spec);
    made.add(box);
    boxes.put(box.id, box);
    return new FakeSandbox(this, box, true);
  }

  @Override
  public Optional<Sandbox> get(String id) {
    checkBroken();
    return Optional.ofNullable(boxes.get(id)).map(box -> new FakeSandbox(this, box, false));
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    checkBroken();
    return boxes.values().stream()
        .map(box -> box.info(name))
        .filter(info -> info.hasLabels(labels))
        .toList();
  }

  @Override
  public boolean destroy(String id) {
    checkBroken();
    return boxes.remove(id) != null;
  }

  private void checkBroken() {
    if (broken.isPresent()) {
      throw broken.get();
    }
  }

  static final class Box {
    final String id;
    final SandboxSpec spec;
    final FakeFiles files = new FakeFiles();
    final Instant created = Instant.now();
    volatile Instant deadline;

    Box(String id, SandboxSpec spec) {
      this.id = id;
      this.spec = spec;
      this.deadline = created.plus(spec.lifetime());
    }

    SandboxInfo info(String provider) {
      return new SandboxInfo(
          id,
          provider,
          SandboxState.RUNNING,
          spec.labels(),
          Optional.of(created),
          Optional.of(deadline),
          IsolationTier.NONE,
          Map.of());
    }
  }
}
