package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code ds api} sends and how it shows what comes. Agent API, sheet 2.11. */
class ApiVerbTest {
  private final Ds ds = Ds.with(new FakeProvider("fake"));
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private volatile int status = 200;
  private volatile String answer = "{\"a\":1}";
  private volatile CountDownLatch rest = new CountDownLatch(0);

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    seen.add(
        "%s %s %s %s %s"
            .formatted(
                exchange.getRequestMethod(),
                exchange.getRequestURI(),
                exchange.getRequestHeaders().getFirst("authorization"),
                exchange.getRequestHeaders().getFirst("content-type"),
                body));
    exchange.sendResponseHeaders(status, status == 204 ? -1 : 0);
    String[] parts = answer.split("\\|", 2);
    if (status != 204) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(parts[0].getBytes(StandardCharsets.UTF_8));
        out.flush();
        if (parts.length > 1) {
          rest.await();
          out.write(parts[1].getBytes(StandardCharsets.UTF_8));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Ds.Result api(String... words) {
    String[] all = new String[words.length + 3];
    all[0] = "api";
    System.arraycopy(words, 0, all, 1, words.length);
    all[words.length + 1] = "-e";
    all[words.length + 2] = "http://127.0.0.1:" + server.getAddress().getPort();
    return ds.run(all);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "agents list#GET /v1/agents null null",
        "agents install claude#POST /v1/agents/claude/install null application/json {}",
        "agents install claude -r#POST /v1/agents/claude/install null application/json {\"reinstall\":true}",
        "agents modes claude#GET /v1/agents/claude/modes null null",
        "agents models claude#GET /v1/agents/claude/models null null",
        "sessions list#GET /v1/sessions null null",
        "sessions create s1 -a mock#POST /v1/sessions/s1 null application/json {\"agent\":\"mock\"}",
        "sessions create s1 --agent mock -g plan -p bypass -m M -v high -A 1.0#POST /v1/sessions/s1 null application/json {\"agent\":\"mock\",\"agentMode\":\"plan\",\"permissionMode\":\"bypass\",\"model\":\"M\",\"variant\":\"high\",\"agentVersion\":\"1.0\"}",
        "sessions send-message s/1 -m hi#POST /v1/sessions/s%2F1/messages null application/json {\"message\":\"hi\"}",
        "sessions send-message-stream s1 -m hi --include-raw#POST /v1/sessions/s1/messages/stream?include_raw=true null application/json {\"message\":\"hi\"}",
        "sessions terminate s1#POST /v1/sessions/s1/terminate null null",
        "sessions interrupt s1#POST /v1/sessions/s1/interrupt null null",
        "sessions events s1#GET /v1/sessions/s1/events null null",
        "sessions get-messages s1 -o 3 -l 2 --include-raw#GET /v1/sessions/s1/events?offset=3&limit=2&include_raw=true null null",
        "sessions events-sse s1 -o 3#GET /v1/sessions/s1/events/sse?offset=3 null null",
        "sessions reply-question s1 q1 -a [[\"Yes\"],[]]#POST /v1/sessions/s1/questions/q1/reply null application/json {\"answers\":[[\"Yes\"],[]]}",
        "sessions reject-question s1 q1#POST /v1/sessions/s1/questions/q1/reject null null",
        "sessions reply-permission s1 p1 -r always#POST /v1/sessions/s1/permissions/p1/reply null application/json {\"reply\":\"always\"}",
        "agents list -t secret#GET /v1/agents Bearer secret null",
        "-t secret agents list#GET /v1/agents Bearer secret null",
        "agents --token=secret list#GET /v1/agents Bearer secret null",
        "agents list -t secret -n#GET /v1/agents null null",
      })
  void eachCommandIsOneOperation(String words, String request) {
    Ds.Result result = api(words.split(" "));
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    assertThat(seen.getFirst().strip()).isEqualTo(request);
  }

  @Test
  void theTokenMayStandBeforeTheVerb() {
    String url = "http://127.0.0.1:" + server.getAddress().getPort();
    assertThat(ds.run("-t", "secret", "api", "agents", "list", "-e", url).code()).isZero();
    assertThat(seen).containsExactly("GET /v1/agents Bearer secret null ");
  }

  @Test
  void answersArePrettyAndWhole() {
    answer = "{\"data\":{\"z\":[1,{}],\"a\":\"\u009b\u202e\"},\"big\":12345678901234567890}";
    assertThat(api("sessions", "events", "s1").out())
        .isEqualTo(
            """
            {
              "data": {
                "z": [
                  1,
                  {}
                ],
                "a": "\\u009b\\u202e"
              },
              "big": 12345678901234567890
            }
            """);
    status = 204;
    Ds.Result silent = api("sessions", "terminate", "s1");
    assertThat(silent.out() + silent.err()).isEmpty();
    assertThat(silent.code()).isZero();
  }

  @Test
  void aProblemIsShownWhereErrorsGo() {
    status = 404;
    answer = "{\"type\":\"urn:sandbox-agent:error:session_not_found\",\"status\":404}";
    Ds.Result result = api("sessions", "terminate", "s9");
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .isEqualTo(
            """
            {
              "type": "urn:sandbox-agent:error:session_not_found",
              "status": 404
            }
            """);
    assertThat(result.code()).isEqualTo(1);
    answer = "Bad\u001b[2J gateway\nsecond";
    assertThat(api("agents", "list").err()).isEqualTo("Bad\\u001b[2J gateway\nsecond\n");
    answer = "";
    assertThat(api("agents", "list").err()).isEqualTo("❌ HTTP 404\n");
  }

  @Test
  void everyFrameIsPrintedAtOnceAndAsItIs() {
    rest = new CountDownLatch(1);
    answer =
        ": heartbeat\n\nid: 1\r\ndata: {\"b\":  1}\r\n\r\n|data: {\"c\":2}\n\n:x\n\ndata: half";
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ds.stdout(
        new OutputStream() {
          @Override
          public void write(int b) {
            printed.write(b);
            rest.countDown(); // only the first frame lets the second come
          }
        });
    assertThat(api("sessions", "events-sse", "s1").code()).isZero();
    assertThat(printed).asString().isEqualTo("id: 1\ndata: {\"b\":  1}\n\ndata: {\"c\":2}\n\n");
  }

  @Test
  void mistakesOfUseAreCodeTwo() {
    for (String words :
        List.of(
            "sessions create s1",
            "sessions send-message s1",
            "sessions reply-permission s1 p1 -r maybe",
            "sessions reply-question s1 q1 -a Yes",
            "sessions reply-question s1 q1 -a [1]",
            "sessions events s1 -o -1",
            "sessions events s1 -o x",
            "sessions events",
            "sessions",
            "nothing",
            "sessions nothing")) {
      assertThat(api(words.split(" ")).code()).as(words).isEqualTo(2);
    }
    assertThat(seen).isEmpty();
    assertThat(ds.run("api", "agents", "list", "-e", "localhost:2468").code()).isEqualTo(2);
  }

  @Test
  void aServerThatIsGoneIsSaid() {
    int port = server.getAddress().getPort();
    server.stop(0);
    Ds.Result result = ds.run("api", "agents", "list", "-e", "http://127.0.0.1:" + port);
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .startsWith("❌ cannot reach http://127.0.0.1:%d/: ".formatted(port))
        .contains("--endpoint");
  }

  @Test
  void theNameSandboxAgentTakesCommandsOnly() {
    assertThat(ds.program("sandbox-agent").run("do", "something").code()).isEqualTo(2);
    assertThat(ds.run("--help").out())
        .startsWith("Usage: sandbox-agent COMMAND")
        .contains("Runs coding agents", "  credentials")
        .doesNotContain("PROMPT");
  }
}
