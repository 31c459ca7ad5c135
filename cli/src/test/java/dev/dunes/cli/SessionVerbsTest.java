package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.Prompt;
import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import dev.dunes.session.Dunes;
import dev.dunes.session.RunsConfig;
import dev.dunes.session.Session;
import dev.dunes.session.SessionEvents;
import dev.dunes.session.SessionSpec;
import dev.dunes.session.Sessions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code ds api}, {@code ds attach} and {@code ds sessions} with a real server and its mock agent.
 */
@Timeout(120)
class SessionVerbsTest {
  @TempDir private Path directory;
  private DunesServer server;
  private Sessions sessions;
  private Ds ds;

  @BeforeEach
  void start() {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("DUNES_MOCK_PACE", "0");
    environment.put("DUNES_STATE", directory.resolve("state").toString());
    RunsConfig runs = RunsConfig.builder().directory(directory).environment(environment).build();
    server =
        DunesServer.start(
            ServerConfig.builder(runs).host("127.0.0.1").port(0).token("secret").build());
    sessions = Dunes.connect(server.uri(), "secret");
    ds = Ds.with(new FakeProvider("fake")).env("DUNES_TOKEN", "secret");
  }

  @AfterEach
  void stop() {
    sessions.close();
    server.close(Duration.ZERO);
  }

  private Ds.Result run(String... words) {
    String[] all = java.util.Arrays.copyOf(words, words.length + 2);
    all[words.length] = "-e";
    all[words.length + 1] = server.uri().toString();
    return ds.run(all);
  }

  private static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }

  private JsonNode api(String... words) {
    String[] all = new String[words.length + 1];
    all[0] = "api";
    System.arraycopy(words, 0, all, 1, words.length);
    Ds.Result result = run(all);
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    return result.out().isEmpty() ? json("{}") : json(result.out());
  }

  private void awaitIdle(String id) throws InterruptedException {
    Session session = sessions.get(id);
    try (SessionEvents events = session.follow(0)) {
      while (session.info().busy()) {
        events.next();
      }
    }
  }

  @Test
  void everyCommandOfTheApiReachesTheServer() throws InterruptedException {
    assertThat(api("agents", "list").path("agents").findValuesAsString("id"))
        .contains("claude", "mock");
    assertThat(api("agents", "modes", "mock").path("modes").path(1).path("id").asString())
        .isEqualTo("plan");
    assertThat(api("agents", "models", "mock").path("models").isEmpty()).isFalse();
    api("agents", "install", "mock");
    assertThat(
            api("sessions", "create", "s1", "-a", "mock", "-g", "plan").path("healthy").asBoolean())
        .isTrue();
    assertThat(api("sessions", "list").path("sessions").path(0).path("agentMode").asString())
        .isEqualTo("plan");
    Ds.Result turn = run("api", "sessions", "send-message-stream", "s1", "-m", "echo hello");
    assertThat(turn.out())
        .startsWith("id: 2\ndata: {\"event_id\":\"evt_2\"")
        .endsWith("\n\n")
        .contains("\"delta\":\"hello\"");
    api("sessions", "send-message", "s1", "-m", "permission");
    awaitAsked("s1", 2);
    api("sessions", "reply-permission", "s1", "mock_2_permission", "-r", "always");
    api("sessions", "reply-permission", "s1", "mock_2_permission_denied", "-r", "reject");
    api("sessions", "send-message", "s1", "-m", "question");
    awaitAsked("s1", 4);
    api("sessions", "reply-question", "s1", "mock_3_question", "-a", "[[\"Red\"]]");
    api("sessions", "reject-question", "s1", "mock_3_question_reject");
    awaitIdle("s1");
    JsonNode events = api("sessions", "events", "s1", "--include-raw");
    assertThat(events.path("hasMore").asBoolean()).isFalse();
    assertThat(events.path("events").findValuesAsString("response")).contains("Red");
    assertThat(events.path("events").path(0).path("data").path("metadata").path("agent").asString())
        .isEqualTo("mock");
    JsonNode page = api("sessions", "get-messages", "s1", "-o", "3", "-l", "2");
    assertThat(page.path("events").findValuesAsString("event_id"))
        .containsExactly("evt_4", "evt_5");
    api("sessions", "interrupt", "s1");
    api("sessions", "terminate", "s1");
    Ds.Result over = run("api", "sessions", "send-message", "s1", "-m", "hi");
    assertThat(over.code()).isEqualTo(1);
    assertThat(json(over.err()).path("detail").asString())
        .isEqualTo("invalid request: session terminated");
  }

  private void awaitAsked(String id, int count) throws InterruptedException {
    int asked = 0;
    try (SessionEvents events = sessions.get(id).follow(0)) {
      while (asked < count) {
        asked +=
            (int)
                events.next().stream()
                    .filter(event -> event.event().data().type().endsWith(".requested"))
                    .count();
      }
    }
  }

  @Test
  void aWrongTokenIsRefused() {
    ds.env("DUNES_TOKEN", "wrong");
    Ds.Result result = run("api", "sessions", "list");
    assertThat(result.code()).isEqualTo(1);
    assertThat(json(result.err()).path("detail").asString()).isEqualTo("token invalid");
    assertThat(run("sessions").err())
        .isEqualTo("❌ token invalid\ngive the token the server was started with\n");
    assertThat(run("sessions", "-t", "secret").out()).isEqualTo("No sessions\n");
    assertThat(run("attach", "s1", "-t", "secret").err()).startsWith("❌ session not found: s1\n");
  }

  @Test
  void sessionsAreListedSearchedExportedAndDeleted() throws InterruptedException {
    sessions.create("s1", SessionSpec.builder("mock").title("First").build());
    try (SessionEvents events = sessions.get("s1").turn(new Prompt("echo sesame opens"))) {
      while (!events.next().isEmpty()) {
        // to its end
      }
    }
    assertThat(run("sessions").out()).contains("s1  mock   idle   7 ").contains("First");
    assertThat(json(run("sessions", "--json").out()).path(0).path("eventCount").asInt())
        .isEqualTo(7);
    assertThat(run("sessions", "search", "sesame").out()).contains("s1 ").contains("sesame opens");
    assertThat(run("sessions", "search", "nothing").out()).isEqualTo("Nothing found\n");
    assertThat(run("sessions", "export", "s1").out()).contains("sesame opens");
    assertThat(json(run("sessions", "export", "s1", "--json").out()).isObject()).isTrue();
    assertThat(run("sessions", "delete", "s1").code()).isZero();
    assertThat(run("sessions", "delete", "s1").err()).startsWith("❌ session not found: s1\n");
    assertThat(run("sessions").out()).isEqualTo("No sessions\n");
  }

  @Test
  void pipedAttachIsPlain() throws InterruptedException {
    Session session = sessions.create("s1", SessionSpec.builder("mock").build());
    for (String command : List.of("echo hello", "rich", "tool", "status", "image", "error")) {
      try (SessionEvents events = session.turn(new Prompt(command))) {
        while (!events.next().isEmpty()) {
          // to its end
        }
      }
    }
    session.terminate();
    Ds.Result result = run("attach", "s1");
    assertThat(result.code()).isZero();
    assertThat(result.out()).startsWith("hello\n");
    assertThat(result.err())
        .doesNotContain("\u001b")
        .startsWith("--- session: mock, build ---\n> echo hello\n")
        .contains("[tool: mock.search] example\n")
        .contains("[file: write mock_3/output.txt]\n")
        .contains("[Indexing] Done\n")
        .contains("[image: mock_5/image.png]\n")
        .contains("Error: Mock error event.\n")
        .endsWith("--- session ended: terminated ---\n");
  }

  @Test
  void jsonIsEveryEventOnALine() throws InterruptedException {
    Session session = sessions.create("s1", SessionSpec.builder("mock").build());
    session.terminate();
    Ds.Result result = run("attach", "s1", "--json");
    assertThat(result.err()).isEmpty();
    assertThat(result.out().lines().map(line -> json(line).path("type").asString()))
        .containsExactly("session.started", "session.ended");
    assertThat(run("attach", "s1", "--json", "-o", "1").out().lines()).hasSize(1);
    assertThat(run("attach", "s1", "-o", "2").out()).isEmpty();
    assertThat(run("attach", "s1", "-o", "-1").code()).isEqualTo(2);
  }

  /** A terminal somebody types at. */
  private final class Typist implements AutoCloseable {
    private final PipedOutputStream keys = new PipedOutputStream();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Screen err = new Screen();
    private final CompletableFuture<Integer> code;

    Typist(String... words) throws IOException {
      InputStream in = new PipedInputStream(keys);
      Console console =
          new Console(
              "ds",
              in,
              out,
              err,
              new Terminals(true, true, true),
              Map.of("DUNES_TOKEN", "secret", "TERM", "xterm"),
              directory,
              Interruption.none(),
              () -> {
                throw new AssertionError("no sandbox is needed");
              });
      String[] all = java.util.Arrays.copyOf(words, words.length + 2);
      all[words.length] = "-e";
      all[words.length + 1] = server.uri().toString();
      code =
          CompletableFuture.supplyAsync(
              () -> new Cli(console).run(all), run -> Thread.ofVirtual().start(run));
    }

    void type(String line) throws IOException {
      keys.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      keys.flush();
    }

    int end() throws Exception {
      return code.get(60, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
      keys.close();
    }
  }

  /** What stands on standard error; one can wait for it. */
  private static final class Screen extends OutputStream {
    private final StringBuilder text = new StringBuilder();
    private final java.util.concurrent.locks.ReentrantLock lock =
        new java.util.concurrent.locks.ReentrantLock();
    private final java.util.concurrent.locks.Condition more = lock.newCondition();

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      lock.lock();
      try {
        text.append(new String(bytes, offset, length, StandardCharsets.UTF_8));
        more.signalAll();
      } finally {
        lock.unlock();
      }
    }

    String text() {
      lock.lock();
      try {
        return text.toString().replaceAll("\u001b\\[[0-9;]*m", "");
      } finally {
        lock.unlock();
      }
    }

    void await(String words) throws InterruptedException {
      long left = TimeUnit.SECONDS.toNanos(60);
      lock.lock();
      try {
        while (!text().contains(words)) {
          if (left <= 0) {
            throw new AssertionError("'%s' did not come: %s".formatted(words, text()));
          }
          left = more.awaitNanos(left);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  @Test
  void somebodyTypesAndAnswers() throws Exception {
    sessions.create("s1", SessionSpec.builder("mock").build());
    try (Typist typist = new Typist("attach", "s1")) {
      typist.err.await("--- session: mock, build ---");
      typist.type("echo hello there");
      typist.err.await("> echo hello there");
      typist.type("permission");
      typist.err.await("? allow it? once, always or reject (o, a, r)");
      typist.type("perhaps");
      typist.err.await("❌ allow it?");
      typist.type("o");
      typist.err.await("[permission: approved]");
      typist.type("r");
      typist.err.await("[permission: denied]");
      typist.type("question");
      typist.err.await("? answer with 1 to 2, in your own words, or /reject");
      typist.type("2");
      typist.err.await("[question: Blue]");
      typist.type("/reject");
      typist.err.await("[question: rejected]");
      typist.type("burst 1000000 50");
      typist.err.await("> burst 1000000 50");
      typist.type("/interrupt");
      typist.type("echo bye");
      typist.err.await("> echo bye");
      typist.type("/end");
      assertThat(typist.end()).isZero();
      assertThat(typist.out.toString(StandardCharsets.UTF_8))
          .startsWith("hello there\n")
          .contains("bye\n");
      assertThat(typist.err.text())
          .contains("[permission: command_execution] echo mock\n")
          .contains("[question] Choose a color\n  1  Red\n  2  Blue\n")
          .endsWith("--- session ended: terminated ---\n");
    }
  }

  @Test
  void leavingEndsNothing() throws Exception {
    Session session = sessions.create("s1", SessionSpec.builder("mock").build());
    try (Typist typist = new Typist("attach", "s1")) {
      typist.err.await("--- session: mock, build ---");
      typist.type("/leave");
      assertThat(typist.end()).isEqualTo(130);
    }
    assertThat(session.info().ended()).isFalse();
    try (Typist typist = new Typist("attach", "s1")) {
      typist.err.await("--- session: mock, build ---");
      typist.close(); // Ctrl-D
      assertThat(typist.end()).isEqualTo(130);
    }
    try (Typist typist = new Typist("attach", "s1")) {
      typist.err.await("--- session: mock, build ---");
      session.delete();
      assertThat(typist.end()).isZero();
    }
  }
}
