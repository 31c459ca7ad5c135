package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Fault;
import dev.dunes.scripted.RecordedRequest;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.ScriptedModel;
import dev.dunes.scripted.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code ds "prompt"} with the real agent in real sandboxes, and a model that plays scripts. */
class QueryLocalTest {
  /** As long as this JVM: when a test is tried again, the class begins anew in it. */
  private static final ScriptedModel MODEL = ScriptedModel.start();

  private static Path state = Path.of("");
  @TempDir Path directory;
  private Ds ds = Ds.with();

  @BeforeAll
  static void requireAgent() throws IOException {
    RealAgent.require();
    state = Files.createTempDirectory("ds-state");
  }

  @AfterAll
  static void close() throws IOException, InterruptedException {
    new ProcessBuilder("rm", "-rf", state.toString()).start().waitFor();
  }

  @BeforeEach
  void heal() {
    MODEL.heal();
    MODEL.forgetRequests();
    ds = Ds.with().env(RealAgent.environment(MODEL, state)).directory(directory);
  }

  private void project(String json) throws IOException {
    Files.writeString(directory.resolve("sandstorm.json"), json);
  }

  @Test
  void anAgentWorksAndItsFilesComeBack() {
    Ds.Result result = ds.run("Please do [[hello]]", "-o", "made");
    assertThat(result.out()).isEqualTo("I will create the file.\nDone. hello.txt contains hi.\n");
    assertThat(result.err())
        .isEqualTo(
            """
            [tool: Bash] echo hi > hello.txt && cat hello.txt
            [file: made/hello.txt]
            --- Result: success | turns: 2 | cost: $0.0018 ---
            """);
    assertThat(result.code()).isZero();
    assertThat(directory.resolve("made/hello.txt")).hasContent("hi");
    assertThat(MODEL.requests())
        .allMatch(request ->
            request.header("x-api-key").equals(java.util.Optional.of("a-key-of-the-test")));
  }

  @Test
  void filesGoInAndJsonComesOut() throws IOException {
    Files.writeString(directory.resolve("in.txt"), "from here\n");
    MODEL.add(
        Scenario.of(
            "look", Answer.of(new Step.Shell("cat in.txt")), Answer.of(new Step.Text("Seen."))));
    Ds.Result result = ds.run("query", "--json", "-f", "in.txt", "-m", "opus", "[[look]]");
    assertThat(result.err()).isEmpty();
    List<JsonNode> events =
        result.out().lines().map(line -> JsonMapper.shared().readTree(line)).toList();
    assertThat(events.getFirst().path("subtype").asString()).isEqualTo("init");
    assertThat(events.getLast().path("type").asString()).isEqualTo("result");
    assertThat(result.out()).contains("\"content\":\"from here\"");
    assertThat(result.code()).isZero();
  }

  @Test
  void tooManyTurnsAreAFailure() {
    Ds.Result result = ds.run("--max-turns", "1", "[[two]]");
    assertThat(result.err()).contains("--- Result: error_max_turns | turns: ");
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void aKeyThatIsRefusedIsAFailureAtOnce() {
    MODEL.fail(Fault.status(401));
    Ds.Result result = ds.run("[[text]]");
    assertThat(result.err()).contains("Error: ");
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void settingsOfTheDirectoryCountButWhatIsAskedForWins() throws IOException {
    project("{\"model\": \"haiku\", \"timeout\": 20, \"unknown\": 1}");
    Files.writeString(directory.resolve(".env"), "ANTHROPIC_BASE_URL=%s\n".formatted(MODEL.uri()));
    Map<String, String> environment = RealAgent.environment(MODEL, state);
    environment.remove("ANTHROPIC_BASE_URL");
    Ds other = Ds.with().env(environment).directory(directory);
    assertThat(other.run("[[text]]").out()).isEqualTo("Hello from the scripted model.\n");
    String first = MODEL.requests().getLast().json().path("model").asString();
    assertThat(first).contains("haiku");
    assertThat(other.run("-m", "a-model-of-ours", "[[text]]").code()).isZero();
    assertThat(MODEL.requests().getLast().json().path("model").asString())
        .isEqualTo("a-model-of-ours");
  }

  @Test
  void aBrokenProjectRunsNothing() throws IOException {
    project("{\"allowed_tools\": \"Read\"}");
    Ds.Result result = ds.run("[[text]]");
    assertThat(result.err()).startsWith("❌ sandstorm.json: ");
    assertThat(result.code()).isEqualTo(1);
    assertThat(MODEL.requests()).isEmpty();
  }

  @Test
  void conversationsAreGoneOnWith() {
    Ds.Result first = ds.run("--json", "--keep-session", "[[text]]");
    String session =
        JsonMapper.shared()
            .readTree(first.out().lines().findFirst().orElseThrow())
            .path("session_id")
            .asString();
    Ds.Result second = ds.run("--resume", session, "And now [[hello]]");
    assertThat(second.out()).endsWith("Done. hello.txt contains hi.\n");
    assertThat(MODEL.requests().getLast().bodyText()).contains("[[text]]").contains("[[hello]]");
    Ds.Result unknown = ds.run("--resume", "11111111-2222-3333-4444-555555555555", "x");
    assertThat(unknown.err()).startsWith("❌ Unknown session: ");
    assertThat(unknown.code()).isEqualTo(1);
  }

  @Test
  void runsAreReplayedAndCompared() throws IOException {
    ds.env("DUNES_STORE_PROMPTS", "1");
    assertThat(ds.run("[[hello]]").code()).isZero();
    String row = Files.readString(directory.resolve(".sandstorm/runs.jsonl"));
    String id =
        JsonMapper.shared().readTree(row.lines().findFirst().orElseThrow()).path("id").asString();
    Ds.Result again = ds.run("replay", id, "-m", "a-model-of-ours", "--budget", "0.5");
    assertThat(again.out()).endsWith("Done. hello.txt contains hi.\n");
    assertThat(again.err())
        .contains("# Replay of " + id + ": ")
        .contains("| a-model-of-ours |")
        .contains("| Turns | 2 | 2 | +0 (+0%) |")
        .contains("| Budget (USD) |  | 0.50 |  |")
        .endsWith("Conversation: begun anew\n");
    assertThat(ds.run("replay", id, "--allowed-tools", "Read", "-o", "report.md").code()).isZero();
    assertThat(directory.resolve("report.md")).content().startsWith("# Replay of " + id);
    Ds.Result unknown = ds.run("replay", "00000000");
    assertThat(unknown.err()).startsWith("❌ no run '00000000' is known here");
    assertThat(unknown.code()).isEqualTo(1);
  }

  @Test
  void promptsThatWereNotStoredAreNotReplayed() throws IOException {
    assertThat(ds.run("[[text]]").code()).isZero();
    String row = Files.readString(directory.resolve(".sandstorm/runs.jsonl"));
    String id =
        JsonMapper.shared().readTree(row.lines().findFirst().orElseThrow()).path("id").asString();
    Ds.Result result = ds.run("replay", id);
    assertThat(result.err()).contains("was not stored").contains("DUNES_STORE_PROMPTS=1");
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void triggersAreShownAndTried() throws IOException {
    assertThat(ds.run("trigger", "list").out()).isEqualTo("No triggers\n");
    project(
        """
        {"triggers": [
          {"name": "nightly", "type": "cron", "schedule": "0 3 * * *", "prompt": "[[text]]"},
          {"name": "push", "type": "webhook", "path": "/hooks/push",
           "prompt": "Look at {{body.ref}} [[text]]"}]}\
        """);
    assertThat(ds.run("trigger", "list").out())
        .contains("nightly")
        .contains("0 3 * * * UTC")
        .contains("POST /hooks/push");
    assertThat(JsonMapper.shared().readTree(ds.run("trigger", "list", "--json").out()).size())
        .isEqualTo(2);
    Ds.Result tried = ds.run("trigger", "test", "push", "--body", "{\"ref\":\"main\"}");
    assertThat(tried.out()).isEqualTo("Hello from the scripted model.\n");
    assertThat(tried.code()).isZero();
    assertThat(MODEL.requests().getLast().bodyText()).contains("main</trigger_value>");
    assertThat(ds.run("trigger", "test", "no-such").code()).isEqualTo(2);
    assertThat(ds.run("trigger", "test").code()).isEqualTo(2);
    assertThat(ds.run("trigger", "fire").code()).isEqualTo(2);
    assertThat(ds.run("trigger", "test", "push", "--body", "{").code()).isEqualTo(2);
    project("{broken");
    Ds.Result broken = ds.run("trigger", "list");
    assertThat(broken.err()).startsWith("❌ sandstorm.json: ");
    assertThat(broken.code()).isEqualTo(1);
  }

  private static List<Starter> starters() {
    return Starter.all();
  }

  /** Each starter's own settings, with a model that does as they ask. */
  @ParameterizedTest
  @MethodSource("starters")
  void everyStarterRuns(Starter starter) throws IOException {
    assertThat(ds.run("init", starter.name()).code()).isZero();
    Path project = directory.resolve(starter.name());
    JsonNode config =
        JsonMapper.shared().readTree(Files.readAllBytes(project.resolve("sandstorm.json")));
    JsonNode schema = config.path("output_format").path("schema");
    Ds there = ds.directory(project);
    if (schema.isMissingNode()) {
      Ds.Result result = there.run("[[text]]");
      assertThat(result.err()).doesNotContain("Warning");
      assertThat(result.out()).isEqualTo("Hello from the scripted model.\n");
      assertThat(result.code()).isZero();
      return;
    }
    JsonNode value = sample(schema);
    MODEL.add(
        Scenario.of(
            "structured",
            Answer.of(new Step.Text("Words beside it."), new Step.Structured(value)),
            Answer.of(new Step.Text("Given."))));
    Ds.Result result = there.run("[[structured]]");
    assertThat(result.err()).contains("Words beside it.").contains("--- Result: success");
    assertThat(JsonMapper.shared().readTree(result.out())).isEqualTo(value);
    assertThat(result.code()).isZero();
  }

  /** The smallest value that fits. */
  private static JsonNode sample(JsonNode schema) {
    JsonNodeFactory make = JsonNodeFactory.instance;
    if (schema.has("enum")) {
      return schema.path("enum").path(0);
    }
    return switch (schema.path("type").asString()) {
      case "string" -> make.stringNode("x");
      case "integer" -> make.numberNode(1);
      case "boolean" -> make.booleanNode(true);
      case "array" -> make.arrayNode().add(sample(schema.path("items")));
      default -> {
        ObjectNode object = make.objectNode();
        schema
            .path("properties")
            .properties()
            .forEach(member -> object.set(member.getKey(), sample(member.getValue())));
        yield object;
      }
    };
  }

  @Test
  void ctrlCEndsTheRunAndItsSandbox() throws Exception {
    DsProcess process = new DsProcess(state, directory, "local");
    List<String> command = new java.util.ArrayList<>(DsProcess.command());
    command.addAll(List.of("query", "[[slow]]"));
    Process running = process.start(command, RealAgent.environment(MODEL, state));
    MODEL.await(request -> request.scenario().equals("slow"), Duration.ofSeconds(60));
    new ProcessBuilder("kill", "-INT", Long.toString(running.pid())).start().waitFor();
    assertThat(running.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(running.exitValue()).isEqualTo(130);
    assertThat(running.errorReader().lines()).containsExactly("Interrupted.");
    assertThat(running.inputReader().lines()).isEmpty();
    MODEL.await(RecordedRequest::aborted, Duration.ofSeconds(10));
    assertThat(process.run("list").out()).isEqualTo("No sandboxes found\n");
  }

  @Test
  void onATerminalAWaitingLineComesAndGoes() throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("python3", "-c", ON_TERMINAL));
    command.addAll(DsProcess.command());
    command.add("[[hello]]");
    Map<String, String> environment = RealAgent.environment(MODEL, state);
    environment.put("TERM", "xterm");
    environment.remove("NO_COLOR");
    MODEL.latency(Duration.ofMillis(500));
    try {
      Process running = new DsProcess(state, directory, "local").start(command, environment);
      String seen =
          new String(
              running.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      assertThat(running.waitFor()).as(seen).isZero();
      assertThat(seen)
          .contains("\r⠙ ")
          .contains(" waiting for ")
          .contains("\033[1m[tool: Bash]\033[0m echo hi > hello.txt")
          .contains("Done. hello.txt contains hi.\r\n")
          .containsPattern("cost: \\$0.0018 \\| time: \\d+\\.\\d s ---");
      // Whatever the waiting line said last, it was erased before the lines that stay.
      assertThat(seen.substring(seen.lastIndexOf("\033[K"))).doesNotContain("⠙");
    } finally {
      MODEL.latency(Duration.ZERO);
    }
  }

  /** Runs a command on a terminal of its own and passes on what it shows. */
  private static final String ON_TERMINAL =
      """
      import os, pty, sys
      pid, fd = pty.fork()
      if pid == 0:
          os.execvp(sys.argv[1], sys.argv[1:])
      while True:
          try:
              data = os.read(fd, 65536)
          except OSError:
              break
          if not data:
              break
          os.write(1, data)
      sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
      """;
}
