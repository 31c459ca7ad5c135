package dev.dunes.session;

import dev.dunes.agent.Agent;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.Sandboxes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A working directory with runs whose agent is {@link ScriptAgent}, in real sandboxes. */
final class Workshop implements AutoCloseable {
  static final String KEY = "sk-ant-real-key-of-the-test-0123456789";
  static final Duration SOON = Duration.ofSeconds(30);
  static final String INIT =
      "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s-1\",\"model\":\"m-1\"}";
  static final String RESULT =
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"num_turns\":2,"
          + "\"result\":\"done\",\"session_id\":\"s-1\",\"total_cost_usd\":0.25}";

  final Path directory;
  final Map<String, String> environment = new HashMap<>();
  final FakeGateway gateway;
  final ScriptAgent agent;
  final Sandboxes sandboxes;
  private Optional<Runs> runs = Optional.empty();
  private Agent used;
  private RunObserver observer = RunObserver.NONE;

  Workshop(Path directory) throws IOException {
    this.directory = directory;
    // Sandboxes run as another user, who must be able to reach what they are shown.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    this.gateway = new FakeGateway(directory);
    this.agent = new ScriptAgent(Files.createDirectory(directory.resolve("program")));
    this.used = agent;
    environment.put("ANTHROPIC_API_KEY", KEY);
    this.sandboxes = SharedPlace.sandboxes();
  }

  /** Another agent; before the runs are opened. */
  Workshop with(Agent other) {
    used = other;
    return this;
  }

  Workshop with(RunObserver other) {
    observer = other;
    return this;
  }

  Workshop set(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  void write(String file, String text) throws IOException {
    Path path = directory.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  Runs runs() {
    if (runs.isEmpty()) {
      runs = Optional.of(open());
    }
    return runs.get();
  }

  Runs open() {
    return Runs.open(
        RunsConfig.builder()
            .directory(directory)
            .environment(environment)
            .sandboxes(sandboxes)
            .gateways(options -> gateway)
            .agent(used)
            .observer(observer)
            .build());
  }

  Run start(String script) {
    return start(script, request -> request);
  }

  Run start(String script, UnaryOperator<RunRequest.Builder> more) {
    return runs().start(more.apply(RunRequest.builder(script)).build());
  }

  /** All events of a run, to its end. */
  static List<RunEvent> events(Run run) {
    List<RunEvent> all = new ArrayList<>();
    try (RunSubscription events = run.subscribe()) {
      for (Optional<RunEvent> e = events.next(); e.isPresent(); e = events.next()) {
        all.add(e.get());
      }
    }
    return all;
  }

  List<RunEvent> run(String script) {
    return events(start(script));
  }

  List<RunEvent> run(String script, UnaryOperator<RunRequest.Builder> more) {
    return events(start(script, more));
  }

  static String text(RunEvent event) {
    return new String(event.json(), StandardCharsets.UTF_8);
  }

  static List<String> texts(List<RunEvent> events) {
    return events.stream().map(Workshop::text).toList();
  }

  static String echo(String line) {
    return "echo '" + line + "'\n";
  }

  List<SandboxInfo> sandboxes(Run run) {
    return sandboxes.list(Map.of(Ownership.RUN, run.id()));
  }

  @Override
  public void close() {
    runs.ifPresent(Runs::close);
  }
}
