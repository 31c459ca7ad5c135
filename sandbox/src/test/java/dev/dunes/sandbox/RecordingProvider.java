package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProvider;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Makes sandboxes {@code mock-1}, {@code mock-2}… that exist only on paper, and writes down what it
 * is asked.
 */
final class RecordingProvider implements SandboxProvider {
  static final Instant EPOCH = Instant.parse("2030-01-01T00:00:00Z");

  final Map<String, Box> boxes = new ConcurrentSkipListMap<>();
  final List<SandboxSpec> specs = new CopyOnWriteArrayList<>();
  final List<Command> commands = new CopyOnWriteArrayList<>();
  final List<String> destroyed = new CopyOnWriteArrayList<>();
  final List<String> closedHandles = new CopyOnWriteArrayList<>();
  final AtomicInteger created = new AtomicInteger();
  final AtomicInteger lists = new AtomicInteger();

  /** Asked before a sandbox is made; may throw or wait. */
  Consumer<SandboxSpec> beforeCreate = spec -> {};

  /** Asked before each other call; may throw or wait. */
  Runnable beforeCall = () -> {};

  /** Asked before a sandbox is destroyed; may throw. */
  Consumer<String> beforeDestroy = id -> {};

  Function<Command, RunningCommand> runs = RecordingProvider::echo;
  boolean closed;

  private final String name;

  RecordingProvider(String name) {
    this.name = name;
  }

  RecordingProvider() {
    this("mock");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public ProviderCapabilities capabilities() {
    return ProviderCapabilities.NONE;
  }

  @Override
  public Sandbox create(SandboxSpec spec) {
    specs.add(spec);
    beforeCreate.accept(spec);
    int number = created.incrementAndGet();
    return new FakeSandbox(this, add("mock-" + number, spec, SandboxState.RUNNING, number), true);
  }

  /** A sandbox somebody else made. */
  Box add(String id, SandboxSpec spec, SandboxState state, int second) {
    Box box = new Box(id, spec, state, EPOCH.plusSeconds(second));
    boxes.put(id, box);
    return box;
  }

  @Override
  public Optional<Sandbox> get(String id) {
    beforeCall.run();
    return Optional.ofNullable(boxes.get(id)).map(box -> new FakeSandbox(this, box, false));
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    lists.incrementAndGet();
    beforeCall.run();
    return boxes.values().stream()
        .map(box -> box.info(name))
        .filter(info -> info.hasLabels(labels))
        .toList();
  }

  @Override
  public boolean destroy(String id) {
    beforeDestroy.accept(id);
    if (boxes.remove(id) == null) {
      return false;
    }
    destroyed.add(id);
    return true;
  }

  @Override
  public void close() {
    closed = true;
  }

  /**
   * Answers {@code echo X} with X, {@code fail N} with exit N and a complaint, the rest with
   * nothing.
   */
  private static RunningCommand echo(Command command) {
    String line = command.argv().getLast();
    if (line.startsWith("fail ")) {
      int code = Integer.parseInt(line.substring(5));
      return new FakeCommand(code, chunk(Channel.STDERR, "it broke\n"));
    }
    return line.startsWith("echo ")
        ? new FakeCommand(0, chunk(Channel.STDOUT, line.substring(5) + "\n"))
        : new FakeCommand(0);
  }

  static OutputChunk chunk(Channel channel, String text) {
    return new OutputChunk(channel, text.getBytes(StandardCharsets.UTF_8));
  }

  /** One sandbox on paper. */
  static final class Box {
    final String id;
    final SandboxSpec spec;
    final Instant createdAt;
    final List<Duration> renewals = new CopyOnWriteArrayList<>();
    volatile SandboxState state;
    volatile Instant deadline;

    /** States it takes on one after another each time it is asked. */
    final Deque<SandboxState> next = new ArrayDeque<>();

    Box(String id, SandboxSpec spec, SandboxState state, Instant createdAt) {
      this.id = id;
      this.spec = spec;
      this.state = state;
      this.createdAt = createdAt;
      this.deadline = createdAt.plus(spec.lifetime());
    }

    SandboxState nextState() {
      SandboxState following = next.poll();
      state = following == null ? state : following;
      return state;
    }

    SandboxInfo info(String provider) {
      return new SandboxInfo(
          id,
          provider,
          state,
          spec.labels(),
          Optional.of(createdAt),
          Optional.of(deadline),
          IsolationTier.NONE,
          Map.of());
    }
  }
}
