package dev.dunes.server;

import static dev.dunes.server.Shop.INIT;
import static dev.dunes.server.Shop.RESULT;
import static dev.dunes.server.Shop.SOON;
import static dev.dunes.server.Shop.echo;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.session.Run;
import dev.dunes.session.RunRecord;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code POST /query}: the bytes of the stream, and clients that leave or do not read. */
class StreamTest {
  @TempDir Path directory;
  private Shop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Shop(directory);
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private Run run(String id) {
    return shop.server().runs().find(id).orElseThrow();
  }

  private RunRecord record(String id) {
    return shop.server().runs().record(id).orElseThrow();
  }

  @Test
  void theBytesOfTheStream() throws Exception {
    String odd = "{ \"type\" :\"assistant\",  \"x\":1.50, \"u\":\"é\\u00e9\" }";
    try (RawClient client = new RawClient(shop.port())) {
      String head =
          client
              .post(
                  "/query",
                  Shop.query(echo(INIT) + echo(odd) + "echo plain\n" + echo(RESULT)).toString())
              .readTo("\r\n\r\n");
      assertThat(head).startsWith("HTTP/1.1 200 OK\r\n");
      assertThat(head.lines())
          .contains(
              "content-type: text/event-stream; charset=utf-8",
              "cache-control: no-store",
              "x-accel-buffering: no",
              "connection: keep-alive",
              "X-Run-Timeout: 300",
              "transfer-encoding: chunked");
      assertThat(head).containsPattern("\r\nX-Run-Id: [0-9a-f]{8}\r\n");
    }
    HttpResponse<String> answer =
        shop.post(
            "/query",
            Shop.query(echo(INIT) + echo(odd) + "echo plain\n" + echo(RESULT)).toString());
    assertThat(answer.body())
        .isEqualTo(
            "data: "
                + INIT
                + "\n\ndata: "
                + odd
                + "\n\ndata: {\"type\":\"stdout\",\"data\":\"plain\"}\n\ndata: "
                + RESULT
                + "\n\n");
  }

  @Test
  void aClientOfHttp10IsServed() throws Exception {
    String body = Shop.query(echo(RESULT)).toString();
    try (RawClient client = new RawClient(shop.port())) {
      client.send("POST /query HTTP/1.0\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
      assertThat(client.readTo("\r\n\r\n")).doesNotContain("chunked");
      assertThat(client.readAll()).isEqualTo("data: " + RESULT + "\n\n");
    }
  }

  @Test
  void aCarriageReturnNeverCutsAnEvent() throws Exception {
    HttpResponse<String> answer =
        shop.post("/query", Shop.query("printf '{\"a\":1}\\r\\n'\n" + echo(RESULT)).toString());

    assertThat(Shop.events(answer.body())).containsExactly("{\"a\":1} ", RESULT);
  }

  @Test
  void eachMessageArrivesWhenItIsWritten() throws Exception {
    HttpResponse<Stream<String>> answer =
        shop.stream(echo(INIT) + "while [ ! -e go ]; do sleep 0.05; done\n" + echo(RESULT));
    Iterator<String> lines = answer.body().iterator();
    assertThat(lines.next()).isEqualTo("data: " + INIT);

    // The agent goes on only because its first message has arrived.
    String id = answer.headers().firstValue("X-Run-Id").orElseThrow();
    try (Sandbox sandbox =
        SharedPlace.sandboxes().get("local", record(id).sandboxId().orElseThrow()).orElseThrow()) {
      sandbox.files().write("/home/user/go", new byte[0]);
    }
    List<String> rest = new java.util.ArrayList<>();
    lines.forEachRemaining(rest::add);
    assertThat(rest).contains("data: " + RESULT).last().isEqualTo("");
  }

  @Test
  void aSilentStreamSaysThatItIsAlive() throws Exception {
    shop.pingEvery(Duration.ofMillis(100));
    try (RawClient client = new RawClient(shop.port())) {
      client.post("/query", Shop.query("sleep 600").toString()).readTo("\r\n\r\n");
      String ping = client.readTo("\n\n").replaceFirst("^[0-9a-f]+\r\n", "");
      assertThat(ping)
          .matches(": ping - \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6}\\+00:00\n\n");
    }
  }

  @Test
  void aClientThatLeavesEndsItsRun() throws Exception {
    for (int i = 0; i < 20; i++) {
      String id;
      try (RawClient client = new RawClient(shop.port())) {
        client.post("/query", Shop.query(echo(INIT) + "sleep 600").toString());
        id = client.readTo("\r\n\r\n").replaceAll("(?s).*X-Run-Id: (\\w+).*", "$1");
        client.readTo("\n\n");
      }
      shop.server()
          .runs()
          .find(id)
          .ifPresent(run -> assertThat(run.awaitCleanup(Duration.ofSeconds(5))).isTrue());
      assertThat(record(id).outcome()).isEqualTo("disconnected");
      assertThat(shop.server().runs().active()).isZero();
    }
  }

  /** Waits in its preparation, as one does that is downloaded. */
  private static final class SlowAgent extends ScriptAgent {
    final CountDownLatch waiting = new CountDownLatch(1);

    SlowAgent(Path program) {
      super(program);
    }

    @Override
    public AgentPlacement prepare(InstallProgress progress) {
      waiting.countDown();
      try {
        new CountDownLatch(1).await();
        throw new IllegalStateException("nobody opens this latch");
      } catch (InterruptedException e) {
        throw new AgentException("interrupted", "interrupted", null, e);
      }
    }
  }

  @Test
  void theHeadComesBeforeTheSandboxAndItsIdCancels() throws Exception {
    SlowAgent slow = new SlowAgent(directory.resolve("program"));
    shop.with(slow);
    HttpResponse<Stream<String>> answer = shop.stream("true");
    slow.waiting.await();
    String id = answer.headers().firstValue("X-Run-Id").orElseThrow();

    HttpResponse<String> cancelled = shop.post("/runs/" + id + "/cancel", "");
    assertThat(cancelled.statusCode()).isEqualTo(200);
    assertThat(cancelled.body()).isEqualTo("{\"status\":\"cancelling\",\"run_id\":\"" + id + "\"}");
    assertThat(answer.body().filter(line -> !line.isEmpty()))
        .singleElement()
        .asString()
        .contains("\"error\":\"cancelled by user\"");

    HttpResponse<String> again = shop.post("/runs/" + id + "/cancel", "");
    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(again.body()).isEqualTo("{\"error\":\"run status is error, cannot cancel\"}");
    assertThat(shop.post("/runs/ffffffff/cancel", "").body())
        .isEqualTo("{\"error\":\"unknown run_id\"}");
  }

  @Test
  void aClientThatLeavesBeforeTheSandboxExistsEndsItsRun() throws Exception {
    SlowAgent slow = new SlowAgent(directory.resolve("program"));
    shop.with(slow);
    try (RawClient client = new RawClient(shop.port())) {
      client.post("/query", Shop.query("true").toString()).readTo("\r\n\r\n");
      slow.waiting.await();
    }
    Run run = shop.server().runs().find(shop.server().runs().list(1).getFirst().id()).orElseThrow();
    assertThat(run.awaitCleanup(SOON)).isTrue();
    assertThat(run.record().outcome()).isEqualTo("disconnected");
  }

  @Test
  void aClientThatNeverReadsHoldsTheAgentUp() throws Exception {
    // 400 MB, far more than any buffer on the way; the heap of this JVM would not hold it twice
    String flood =
        "x=$(head -c 100000 /dev/zero | tr '\\0' z); i=0; while [ $i -lt 4000 ]; do "
            + "echo \"{\\\"n\\\":$i,\\\"x\\\":\\\"$x\\\"}\"; i=$((i+1)); echo $i > written; done\n";
    String id;
    try (RawClient client = new RawClient(shop.port(), 4096)) {
      client.post("/query", Shop.query(flood + echo(RESULT)).toString());
      id = client.readTo("\r\n\r\n").replaceAll("(?s).*X-Run-Id: (\\w+).*", "$1");
      client.readTo("\n\n");
      try (Sandbox sandbox =
          SharedPlace.sandboxes()
              .get("local", record(id).sandboxId().orElseThrow())
              .orElseThrow()) {
        String before = "";
        String now = written(sandbox);
        while (!now.equals(before)) {
          before = now;
          assertThat(run(id).awaitEnd(Duration.ofSeconds(1))).isFalse();
          now = written(sandbox);
        }
        assertThat(Integer.parseInt(now)).isBetween(1, 1000);
      }
    }
    shop.server().runs().find(id).ifPresent(run -> assertThat(run.awaitCleanup(SOON)).isTrue());
    assertThat(record(id).outcome()).isEqualTo("disconnected");
  }

  private static String written(Sandbox sandbox) {
    return sandbox.exec("cat /home/user/written").stdout().strip();
  }

  @Test
  void aRunThatDiesSaysSo() throws Exception {
    HttpResponse<String> answer =
        shop.post("/query", Shop.query(echo(INIT) + "kill -9 $$").toString());

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(Shop.events(answer.body()))
        .last()
        .asString()
        .contains("\"code\":\"crashed\"", "137");
    RunRecord run = shop.server().runs().list(1).getFirst();
    assertThat(run.outcome()).isEqualTo("crashed");
  }

  @Test
  void filesAreFetchedByTheirUrl() throws Exception {
    HttpResponse<String> answer =
        shop.post(
            "/query",
            Shop.query(
                    "mkdir d; head -c 9000001 /dev/zero > 'd/a b%.bin'; echo small > s.txt\n"
                        + echo(RESULT))
                .toString());
    List<String> events = Shop.events(answer.body());
    assertThat(events).hasSize(3).last().isEqualTo(RESULT);
    String url = Shop.json(events.getFirst()).get("url").asString();
    assertThat(url).endsWith("/files/d/a%20b%25.bin");

    HttpResponse<byte[]> file =
        shop.client.send(shop.request("GET", url, ""), HttpResponse.BodyHandlers.ofByteArray());
    assertThat(file.body()).hasSize(9_000_001);
    assertThat(file.headers().firstValue("content-disposition")).contains("attachment");
    assertThat(shop.get(url + "x").statusCode()).isEqualTo(404);
    assertThat(shop.get("/runs/ffffffff/files/x").body())
        .isEqualTo("{\"error\":\"unknown run_id\"}");
  }

  @Test
  void shuttingDownTellsClientsAndRefusesNewOnes() throws Exception {
    HttpResponse<Stream<String>> answer = shop.stream(echo(INIT) + "sleep 600");
    Iterator<String> lines = answer.body().iterator();
    assertThat(lines.next()).isEqualTo("data: " + INIT);

    shop.server().close(Duration.ZERO);

    List<String> rest = new java.util.ArrayList<>();
    lines.forEachRemaining(rest::add);
    assertThat(String.join("", rest)).contains("\"code\":\"shutdown\"");
    assertThat(Files.readString(directory.resolve(".sandstorm/runs.jsonl"))).contains("\"error\"");
  }

  @Test
  void aKeptConversationIsGoneOnWithOverHttp() throws Exception {
    shop.post(
        "/query",
        Shop.query(
                "mkdir -p .claude/projects/p; echo talk > .claude/projects/p/s-1.jsonl\n"
                    + echo(INIT)
                    + echo(RESULT))
            .put("keep_session", true)
            .toString());

    HttpResponse<String> answer =
        shop.post(
            "/query",
            Shop.query("cat .claude/projects/p/*\n" + echo(RESULT))
                .put("resume", "s-1")
                .toString());

    assertThat(Shop.events(answer.body()))
        .containsExactly("{\"type\":\"stdout\",\"data\":\"talk\"}", RESULT);
    assertThat(shop.post("/query", Shop.query("x").put("resume", "nobody").toString()).body())
        .isEqualTo("{\"detail\":\"Unknown session: nobody\"}");
  }
}
