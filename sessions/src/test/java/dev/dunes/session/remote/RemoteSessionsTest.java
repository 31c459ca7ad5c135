package dev.dunes.session.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.dunes.agent.Attachment;
import dev.dunes.agent.ModelDialect;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.session.Dunes;
import dev.dunes.session.EventPage;
import dev.dunes.session.Session;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionEvents;
import dev.dunes.session.SessionException;
import dev.dunes.session.SessionSpec;
import dev.dunes.session.SessionTurn;
import dev.dunes.session.Sessions;
import dev.dunes.session.TranscriptFormat;
import dev.dunes.session.TurnEnd;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** What is sent to a server, and what is made of its answers and of its absence. */
class RemoteSessionsTest {
  private static final String HEALTH = "{\"status\":\"ok\"}";
  private static final String INFO =
      """
      {"sessionId":"s1","agent":"mock","agentMode":"build","permissionMode":"default","model":null,
       "variant":null,"nativeSessionId":"mock-s1","ended":false,"eventCount":7,"busy":true,"title":"T",
       "createdAt":"2026-01-28T12:00:00Z","updatedAt":"2026-01-28T12:00:01Z"}
      """;

  /**
   * An answer.
   *
   * @param whole whether it ends as it should; else the connection breaks
   */
  private record Answer(int status, String body, boolean whole) {}

  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final ConcurrentLinkedQueue<Answer> answers = new ConcurrentLinkedQueue<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private HttpServer server;
  private Sessions sessions;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
    answer(200, HEALTH);
    sessions = Dunes.connect(uri(), "secret");
    seen.clear();
  }

  @AfterEach
  void stop() {
    over.countDown();
    sessions.close();
    server.stop(0);
  }

  private URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void answer(int status, String body) {
    answers.add(new Answer(status, body, true));
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String last = exchange.getRequestHeaders().getFirst("last-event-id");
    seen.add(
        "%s %s%s %s"
            .formatted(
                exchange.getRequestMethod(),
                exchange.getRequestURI(),
                last == null ? "" : " after " + last,
                body));
    assertThat(exchange.getRequestHeaders().getFirst("authorization")).isEqualTo("Bearer secret");
    Answer answer = answers.remove();
    exchange.getResponseHeaders().add("x-turn-id", "turn_3");
    exchange.sendResponseHeaders(answer.status(), answer.status() == 204 ? -1 : 0);
    OutputStream out = exchange.getResponseBody();
    out.write(answer.body().getBytes(StandardCharsets.UTF_8));
    out.flush();
    if (answer.whole()) {
      if (answer.body().contains("WAIT")) {
        try {
          over.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      exchange.close();
    } else {
      throw new IOException("breaks off");
    }
  }

  private static String frame(int sequence) {
    return "id: %d\ndata: {\"sequence\":%d}\n\n".formatted(sequence, sequence);
  }

  private Session session() {
    answer(200, INFO);
    Session session = sessions.get("s1");
    seen.clear();
    return session;
  }

  private static List<Long> numbers(List<SessionEvent> events) {
    return events.stream().map(SessionEvent::sequence).toList();
  }

  @Test
  void everyOperationIsARequest() {
    answer(200, INFO);
    Session session = sessions.get("s/1 ?");
    for (int i = 0; i < 11; i++) {
      answer(204, "");
    }
    session.send(
        new Prompt(
            "hi",
            List.of(
                new Attachment.Image("image/png", new byte[] {1, 2}),
                new Attachment.File("/a", Optional.of("text/plain")))));
    session.answerPermission("p 1", PermissionReply.ALWAYS);
    session.answerQuestion("q1", List.of(List.of("Yes"), List.of()));
    session.rejectQuestion("q1");
    session.interrupt();
    session.terminate();
    session.setMode("plan");
    session.setModel("m", Optional.of("high"));
    session.rename("T");
    session.delete();
    assertThat(session.fork("s2").id()).isEqualTo("s2");
    answer(200, "# T\n");
    assertThat(session.transcript(TranscriptFormat.MARKDOWN)).isEqualTo("# T\n");
    assertThat(seen)
        .containsExactly(
            "GET /v1/sessions/s%2F1%20%3F ",
            "POST /v1/sessions/s%2F1%20%3F/messages {\"message\":\"hi\",\"attachments\":[{\"type\":\"image\",\"mime\":\"image/png\",\"data\":\"AQI=\"},{\"type\":\"file\",\"path\":\"/a\",\"mime\":\"text/plain\"}]}",
            "POST /v1/sessions/s%2F1%20%3F/permissions/p%201/reply {\"reply\":\"always\"}",
            "POST /v1/sessions/s%2F1%20%3F/questions/q1/reply {\"answers\":[[\"Yes\"],[]]}",
            "POST /v1/sessions/s%2F1%20%3F/questions/q1/reject ",
            "POST /v1/sessions/s%2F1%20%3F/interrupt ",
            "POST /v1/sessions/s%2F1%20%3F/terminate ",
            "PATCH /v1/sessions/s%2F1%20%3F {\"agentMode\":\"plan\"}",
            "PATCH /v1/sessions/s%2F1%20%3F {\"model\":\"m\",\"variant\":\"high\"}",
            "PATCH /v1/sessions/s%2F1%20%3F {\"title\":\"T\"}",
            "DELETE /v1/sessions/s%2F1%20%3F ",
            "POST /v1/sessions/s%2F1%20%3F/fork {\"sessionId\":\"s2\"}",
            "GET /v1/sessions/s%2F1%20%3F/transcript?format=markdown ");
  }

  @Test
  void sessionsAndAgentsAreRead() {
    answer(200, "{\"sessions\":[" + INFO + "]}");
    assertThat(sessions.list())
        .singleElement()
        .satisfies(info -> {
          assertThat(info.nativeSessionId()).contains("mock-s1");
          assertThat(info.model()).isEmpty();
          assertThat(info.busy()).isTrue();
          assertThat(info.createdAt()).isEqualTo("2026-01-28T12:00:00Z");
        });
    answer(
        200,
        """
        {"id":"claude","installed":true,"version":"2.1","path":"/p","credentialsAvailable":true,
         "capabilities":{"planMode":true,"textMessages":true},"permissionModes":["default","plan"],
         "anyMode":true,"dialects":["gemini","telepathy"],"resumable":true,"unavailable":"no","x":1,
         "serverStatus":{"status":"running","restartCount":2,"uptimeMs":5}}
        """);
    answer(200, "{\"modes\":[{\"id\":\"build\",\"name\":\"Build\",\"description\":\"D\"}]}");
    assertThat(sessions.agent("claude"))
        .satisfies(agent -> {
          assertThat(agent.version()).contains("2.1");
          assertThat(agent.traits().capabilities().planMode()).isTrue();
          assertThat(agent.traits().capabilities().questions()).isFalse();
          assertThat(agent.traits().permissionModes()).containsExactly("default", "plan");
          assertThat(agent.traits().dialects()).containsExactly(ModelDialect.GEMINI);
          assertThat(agent.traits().anyMode()).isTrue();
          assertThat(agent.traits().resumable()).isTrue();
          assertThat(agent.traits().inProcess()).isFalse();
          assertThat(agent.traits().unavailable()).contains("no");
          assertThat(agent.traits().modes())
              .singleElement()
              .hasToString("AgentMode[id=build, name=Build, description=D]");
          assertThat(agent.server().orElseThrow().restartCount()).isEqualTo(2);
        });
    answer(200, "{\"models\":[{\"id\":\"m\",\"variants\":[\"low\"]}],\"defaultModel\":\"m\"}");
    assertThat(sessions.models("claude").models().getFirst().variants()).containsExactly("low");
    answer(200, "{\"already_installed\":true,\"artifacts\":[{\"path\":\"/p\",\"version\":\"2\"}]}");
    assertThat(sessions.install("claude", true).version()).isEqualTo("2");
    answer(200, "{\"hits\":[{\"sessionId\":\"s1\",\"sequence\":4,\"excerpt\":\"x\"}]}");
    assertThat(sessions.search("a b", OptionalInt.of(3)).getFirst().sequence()).isEqualTo(4);
    assertThat(seen)
        .endsWith(
            "POST /v1/agents/claude/install {\"reinstall\":true}",
            "GET /v1/search?q=a%20b&limit=3 ");
  }

  @Test
  void aSpecificationIsSentWhole() {
    answer(200, "{\"healthy\":true}");
    sessions.create(
        "s1",
        SessionSpec.builder("mock")
            .agentMode("plan")
            .permissionMode("bypass")
            .model("m")
            .variant("v")
            .agentVersion("1")
            .title("T")
            .directory("/d")
            .env("A", "b")
            .file("f", new byte[] {1})
            .provider("local")
            .template("t")
            .workspace("w")
            .egress(List.of("npm"))
            .cpus(1.5)
            .memoryMb(64)
            .turnTimeout(Duration.ofMillis(1500))
            .idleTimeout(Duration.ofSeconds(2))
            .maxBudgetUsd(0.5)
            .systemPrompt("S")
            .allowedTools(List.of("Bash"))
            .mcpServers(JsonMapper.shared().readTree("{\"x\":{}}"))
            .outputSchema(JsonMapper.shared().readTree("{\"type\":\"object\"}"))
            .turnEvents(true)
            .build());
    assertThat(seen)
        .containsExactly(
            "POST /v1/sessions/s1 {\"agent\":\"mock\",\"agentMode\":\"plan\",\"permissionMode\":\"bypass\",\"model\":\"m\",\"variant\":\"v\",\"agentVersion\":\"1\",\"title\":\"T\",\"directory\":\"/d\",\"env\":{\"A\":\"b\"},\"files\":{\"f\":{\"base64\":\"AQ==\"}},\"provider\":\"local\",\"template\":\"t\",\"workspace\":\"w\",\"egress\":[\"npm\"],\"cpus\":1.5,\"memoryMb\":64,\"turnTimeoutSeconds\":1.5,\"idleTimeoutSeconds\":2.0,\"maxBudgetUsd\":0.5,\"systemPrompt\":\"S\",\"allowedTools\":[\"Bash\"],\"mcpServers\":{\"x\":{}},\"outputSchema\":{\"type\":\"object\"},\"turnEvents\":true}");
  }

  @Test
  void aProblemIsAnException() {
    answer(
        404,
        """
        {"type":"urn:sandbox-agent:error:session_not_found","title":"Session Not Found","status":404,
         "detail":"session not found: s9","sessionId":"s9","remedy":"look","details":{"n":1}}
        """);
    SessionException e = catchThrowableOfType(SessionException.class, () -> sessions.get("s9"));
    assertThat(e.code()).isEqualTo("session_not_found");
    assertThat(e.detail()).isEqualTo("session not found: s9");
    assertThat(e.extensions()).isEqualTo(Map.of("sessionId", "s9", "details", Map.of("n", 1)));
    assertThat(e.remedy()).contains("look");
    answer(
        401, "{\"type\":\"urn:sandbox-agent:error:token_invalid\",\"detail\":\"token invalid\"}");
    SessionException token = catchThrowableOfType(SessionException.class, () -> sessions.list());
    assertThat(token.remedy()).contains("give the token the server was started with");
    answer(502, "<html>");
    assertThatThrownBy(() -> sessions.list())
        .hasMessage("stream error: %s/ answered HTTP 502".formatted(uri()));
    answer(200, "<html>");
    assertThatThrownBy(() -> sessions.list()).hasMessageContaining("something that is not JSON");
  }

  @Test
  void whatIsNoServerIsSaid() {
    answer(200, "{}");
    assertThatThrownBy(() -> Dunes.connect(uri(), "secret"))
        .hasMessage("stream error: %s is no server of the agent API".formatted(uri()));
    server.stop(0);
    SessionException gone =
        catchThrowableOfType(SessionException.class, () -> Dunes.connect(uri(), "secret"));
    assertThat(gone.code()).isEqualTo("stream_error");
    assertThat(gone.detail()).startsWith("stream error: cannot reach " + uri());
    assertThat(gone.remedy()).contains("is the server running, and is this its address?");
    assertThatThrownBy(() -> Dunes.connect(URI.create("localhost:2468")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("such as http://127.0.0.1:2468");
  }

  @Test
  void followingGoesOnWhereAConnectionBroke() throws InterruptedException {
    Session session = session();
    answers.add(
        new Answer(200, frame(3) + ": heartbeat\n\n" + frame(4) + "id: 5\ndata: ha", false));
    answer(503, "");
    answer(200, frame(5));
    answer(200, "");
    answer(404, "{\"type\":\"urn:sandbox-agent:error:session_not_found\"}");
    List<Long> read = new ArrayList<>();
    try (SessionEvents events = session.follow(2)) {
      for (List<SessionEvent> some = events.next(); !some.isEmpty(); some = events.next()) {
        read.addAll(numbers(some));
      }
      assertThat(events.next()).isEmpty();
    }
    assertThat(read).containsExactly(3L, 4L, 5L);
    assertThat(seen)
        .containsExactly(
            "GET /v1/sessions/s1/events/sse?include_raw=true&offset=2 ",
            "GET /v1/sessions/s1/events/sse?include_raw=true&offset=4 after 4 ",
            "GET /v1/sessions/s1/events/sse?include_raw=true&offset=4 after 4 ",
            "GET /v1/sessions/s1/events/sse?include_raw=true&offset=5 after 5 ",
            "GET /v1/sessions/s1/events/sse?include_raw=true&offset=5 after 5 ");
  }

  @Test
  void aGapIsAnError() throws InterruptedException {
    Session session = session();
    answer(200, frame(1) + frame(3));
    try (SessionEvents events = session.follow(0)) {
      assertThatThrownBy(
              () -> {
                while (true) {
                  events.next();
                }
              })
          .hasMessage("stream error: event 3 came after event 1");
    }
  }

  @Test
  void aRefusalWhileFollowingIsAnError() throws InterruptedException {
    Session session = session();
    answer(200, frame(1));
    answer(
        401, "{\"type\":\"urn:sandbox-agent:error:token_invalid\",\"detail\":\"token invalid\"}");
    try (SessionEvents events = session.follow(0)) {
      assertThat(numbers(events.next())).containsExactly(1L);
      assertThatThrownBy(events::next).hasMessage("token invalid");
    }
  }

  @Test
  void whoWaitsForEventsCanBeInterruptedAndSentAway() throws InterruptedException {
    Session session = session();
    for (boolean close : List.of(true, false)) {
      answer(200, frame(1) + ": WAIT\n\n");
      CountDownLatch waiting = new CountDownLatch(1);
      AtomicReference<Object> outcome = new AtomicReference<>();
      SessionEvents events = session.follow(0);
      Thread reader =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  events.next();
                  waiting.countDown();
                  outcome.set(events.next());
                } catch (InterruptedException e) {
                  outcome.set(e);
                }
              });
      waiting.await();
      if (close) {
        events.close();
      } else {
        reader.interrupt();
      }
      reader.join();
      if (close) {
        assertThat(outcome.get()).isEqualTo(List.of());
      } else {
        assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
      }
      events.close();
    }
  }

  @Test
  void aTurnEndsWithItsStream() throws InterruptedException {
    Session session = session();
    answer(200, frame(8) + frame(9));
    try (SessionEvents events = session.turn(new Prompt("hi"))) {
      assertThat(numbers(events.next())).containsExactly(8L, 9L);
      assertThat(events.next()).isEmpty();
    }
    answers.add(new Answer(200, frame(10), false));
    try (SessionEvents events = session.turn(new Prompt("hi"))) {
      assertThat(numbers(events.next())).containsExactly(10L);
      assertThatThrownBy(events::next)
          .isInstanceOf(SessionException.class)
          .hasMessageStartingWith("stream error: cannot reach");
    }
  }

  @Test
  void aTurnToItsVeryEndSaysHowItEnded() throws InterruptedException {
    Session session = session();
    answer(
        200,
        frame(8)
            + "event: end\ndata: {\"kind\":\"FAILED\",\"reason\":\"r\",\"costUsd\":0.5,\"problem\":{\"type\":\"urn:sandbox-agent:error:timeout\",\"detail\":\"timeout\"}}\n\n");
    try (SessionTurn turn = session.start(new Prompt("hi"))) {
      assertThat(turn.id()).isEqualTo("turn_3");
      assertThat(numbers(turn.next())).containsExactly(8L);
      assertThat(turn.next()).isEmpty();
      TurnEnd end = turn.end().orElseThrow();
      assertThat(end.kind()).isEqualTo(TurnEnd.Kind.FAILED);
      assertThat(end.reason()).isEqualTo("r");
      assertThat(end.costUsd()).isEqualTo(0.5);
      assertThat(end.problem().orElseThrow().code()).isEqualTo("timeout");
    }
    assertThat(seen)
        .containsExactly(
            "POST /v1/sessions/s1/messages/stream?until=end&include_raw=true {\"message\":\"hi\"}");
  }

  @Test
  void pagesAreReadInParts() {
    Session session = session();
    answer(200, "{\"events\":[{\"sequence\":1,\"b\":1.5},{\"sequence\":2}],\"hasMore\":true}");
    answer(200, "{\"events\":[{\"sequence\":3}],\"hasMore\":false}");
    EventPage all = session.page(0, OptionalLong.empty());
    assertThat(numbers(all.events())).containsExactly(1L, 2L, 3L);
    assertThat(all.events().getFirst().json()).asString().isEqualTo("{\"sequence\":1,\"b\":1.5}");
    assertThat(all.hasMore()).isFalse();
    answer(200, "{\"events\":[{\"sequence\":1}],\"hasMore\":true}");
    assertThat(session.page(0, OptionalLong.of(1)).hasMore()).isTrue();
    assertThat(seen)
        .containsExactly(
            "GET /v1/sessions/s1/events?offset=0&limit=5000&include_raw=true ",
            "GET /v1/sessions/s1/events?offset=2&limit=5000&include_raw=true ",
            "GET /v1/sessions/s1/events?offset=0&limit=1&include_raw=true ");
  }

  @Test
  void whatTheAgentWroteIsBesideTheEvent() throws InterruptedException {
    Session session = session();
    answer(
        200,
        "id: 1\ndata: {\"sequence\":1,\"raw\":{\"a\":[1,\"raw\"],\"raw\":null}}\n\n"
            + "id: 2\ndata: {\"sequence\":2,\"raw\":null}\n\n");
    try (SessionEvents events = session.follow(0)) {
      List<SessionEvent> read = events.next();
      assertThat(read.get(0).raw().orElseThrow()).asString().startsWith("{\"a\":[1,\"raw\"]");
      assertThat(read.get(1).raw()).isEmpty();
    }
    answer(200, "id: 1\ndata: [3]\n\n");
    try (SessionEvents events = session.follow(0)) {
      assertThatThrownBy(events::next).hasMessage("stream error: event 1 is no object");
    }
    answer(
        200,
        "{\"events\":[{\"sequence\":1,\"raw\":{\"raw\":null}},{\"sequence\":2,\"raw\":null}],\"hasMore\":false}");
    List<SessionEvent> page = session.page(0, OptionalLong.empty()).events();
    assertThat(page.get(0).json()).asString().isEqualTo("{\"sequence\":1,\"raw\":null}");
    assertThat(page.get(0).raw().orElseThrow()).asString().isEqualTo("{\"raw\":null}");
    assertThat(page.get(1).raw()).isEmpty();
  }

  @Test
  void aLineWithoutEndIsRefused() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 'a';
          }

          @Override
          public int read(byte[] bytes, int offset, int length) {
            java.util.Arrays.fill(bytes, offset, offset + length, (byte) 'a');
            return length;
          }
        };
    assertThatThrownBy(() -> new Frames(endless).next())
        .isInstanceOf(IOException.class)
        .hasMessage("an event of more than 32 MiB");
  }
}
