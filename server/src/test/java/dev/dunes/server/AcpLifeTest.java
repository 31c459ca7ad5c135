package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.http.Json;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** How ACP servers end and rest, with an agent in a real sandbox. ACP, sheet 4.6 to 4.10. */
@Timeout(240)
class AcpLifeTest {
  /** Deaf to its end of input and to every signal that can be ignored; it has a child like it. */
  private static final String STUBBORN =
      """
      import sys, json, os, signal, time, subprocess
      for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
          signal.signal(s, signal.SIG_IGN)
      mark = "stubborn-mark"
      kept = os.path.expanduser("~/.stubborn")
      while True:
          line = sys.stdin.readline()
          if not line:
              time.sleep(600)
          asked = json.loads(line)
          method = asked.get("method")
          if method == "initialize":
              answer = {"protocolVersion": 1, "agentCapabilities": {"loadSession": True}}
          elif method == "session/new":
              answer = {"sessionId": "native"}
              early = {"sessionId": "native", "update": {"sessionUpdate": "agent_message_chunk",
                       "content": {"type": "text", "text": "said early"}}}
              print(json.dumps({"jsonrpc": "2.0", "method": "session/update", "params": early}), flush=True)
          elif method == "session/load":
              answer = {}
          elif method == "session/prompt":
              text = asked["params"]["prompt"][0]["text"]
              if text == "hang":
                  subprocess.Popen(["sleep", "985"], start_new_session=True)
              told = {"sessionId": "native", "update": {"sessionUpdate": "agent_message_chunk",
                      "content": {"type": "text", "text": "heard " + text + " in " + os.getcwd()}}}
              print(json.dumps({"jsonrpc": "2.0", "method": "session/update", "params": told}), flush=True)
              if text == "hang":
                  continue
              answer = {"stopReason": "end_turn"}
          else:
              continue
          print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer}), flush=True)
      """;

  @TempDir Path directory;
  private Shop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Shop(directory).set("DUNES_MOCK_PACE", "0");
    ObjectNode file = Json.object();
    ObjectNode agent = file.putObject("stubborn").put("command", "python3");
    agent.putArray("args").add("-c").add(STUBBORN);
    Path agents = directory.resolve("agents.json");
    Files.writeString(agents, file.toString());
    shop.set("DUNES_AGENTS_FILE", agents.toString());
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private JsonNode call(int id, String method, String params) throws Exception {
    HttpResponse<String> answer =
        shop.post("/v1/acp/x?agent=acp:stubborn", envelope(id, method, params), JSON);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Shop.json(answer.body());
  }

  private static final String[] JSON = {"content-type", "application/json"};

  private static String envelope(int id, String method, String params) {
    return "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}"
        .formatted(id, method, params);
  }

  private static String prompt(String session, String text) {
    return "{\"sessionId\":\"%s\",\"prompt\":[{\"type\":\"text\",\"text\":\"%s\"}]}"
        .formatted(session, text);
  }

  private String session() throws Exception {
    call(0, "initialize", "{\"protocolVersion\":1}");
    JsonNode made = call(1, "session/new", "{\"cwd\":\"/tmp\",\"mcpServers\":[]}");
    String session = made.at("/result/sessionId").asString("");
    assertThat(session).as(made.toString()).isNotEmpty();
    return session;
  }

  /** How many processes of the workspace are the agent's or its tool's. */
  private int processes() throws Exception {
    ObjectNode body = Json.object().put("command", "sh");
    body.putArray("args")
        .add("-c")
        .add(
            "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -E"
                + " '^python3 -c .*|^sleep 985' | head -1; done | grep -cE '^python3|^sleep 985'");
    HttpResponse<String> answer = shop.post("/v1/processes/run", body.toString(), JSON);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Integer.parseInt(Shop.json(answer.body()).get("stdout").asString().strip());
  }

  private void awaitProcesses(int count) throws Exception {
    Instant limit = Instant.now().plus(Shop.SOON);
    while (processes() != count) {
      assertThat(Instant.now()).as("there are %d processes".formatted(processes())).isBefore(limit);
      LockSupport.parkNanos(50_000_000);
    }
  }

  private Iterator<String> data() throws Exception {
    HttpResponse<Stream<String>> stream =
        shop.client.send(
            shop.request("GET", "/v1/acp/x", "", "accept", "text/event-stream"),
            HttpResponse.BodyHandlers.ofLines());
    assertThat(stream.statusCode()).isEqualTo(200);
    return stream.body().filter(line -> line.startsWith("data: ")).iterator();
  }

  @Test
  void aServerIsDeletedAtOnceAndItsAgentIsStoppedWhateverItDoes() throws Exception {
    String session = session();
    Iterator<String> data = data();
    CompletableFuture<HttpResponse<String>> hanging =
        shop.client.sendAsync(
            shop.request(
                "POST", "/v1/acp/x", envelope(2, "session/prompt", prompt(session, "hang")), JSON),
            HttpResponse.BodyHandlers.ofString());
    while (!data.next().contains("heard hang")) {
      // the responses that came before
    }
    awaitProcesses(2);

    // The client waits for 2 s and not longer.
    HttpRequest delete =
        HttpRequest.newBuilder(shop.uri("/v1/acp/x"))
            .DELETE()
            .timeout(Duration.ofSeconds(2))
            .build();
    assertThat(shop.client.send(delete, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(204);

    assertThat(shop.get("/v1/acp").body()).isEqualTo("{\"servers\":[]}");
    while (data.hasNext()) {
      data.next(); // its stream has ended
    }
    assertThat(hanging.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    awaitProcesses(0);
  }

  @Test
  void aSessionsUpdatesComeAfterTheAnswerThatSaysItsName() throws Exception {
    call(0, "initialize", "{\"protocolVersion\":1}");
    Iterator<String> data = data();
    JsonNode made = call(1, "session/new", "{\"cwd\":\"/tmp\",\"mcpServers\":[]}");
    String session = made.at("/result/sessionId").asString("");
    call(2, "session/prompt", prompt(session, "one"));
    List<String> seen = new ArrayList<>();
    do {
      seen.add(data.next());
    } while (!seen.getLast().contains("heard one"));
    List<JsonNode> envelopes =
        seen.stream().map(line -> Shop.json(line.substring("data: ".length()))).toList();
    int answered = 0;
    while (!envelopes.get(answered).at("/result/sessionId").asString("").equals(session)) {
      assertThat(envelopes.get(answered).path("method").asString(""))
          .isNotEqualTo("session/update");
      answered++;
    }
    assertThat(answered).isLessThan(seen.size() - 1);
  }

  @Test
  void aDirectoryThatIsNotThereIsTheDefaultOne() throws Exception {
    call(0, "initialize", "{\"protocolVersion\":1}");
    JsonNode there = call(1, "session/new", "{\"cwd\":\"/tmp\",\"mcpServers\":[]}");
    assertThat(there.at("/result/_meta/dunes/cwd").asString("")).isEqualTo("/tmp");
    JsonNode made = call(2, "session/new", "{\"cwd\":\"/no/such/place\",\"mcpServers\":[]}");
    String real = made.at("/result/_meta/dunes/cwd").asString("");
    assertThat(shop.get("/v1/fs/stat?path=" + real).body()).contains("\"directory\"");
    Iterator<String> data = data();
    call(3, "session/prompt", prompt(made.at("/result/sessionId").asString(""), "one"));
    String heard;
    do {
      heard = data.next();
    } while (!heard.contains("heard one"));
    assertThat(heard).contains("heard one in " + real + "\"");
  }

  @Test
  void aServerNobodyUsesRestsAndItsNextEnvelopeWakesIt() throws Exception {
    shop.set("DUNES_ACP_REST_AFTER", "1");
    String session = session();
    JsonNode first = call(2, "session/prompt", prompt(session, "one"));
    assertThat(first.at("/result/stopReason").asString("")).isEqualTo("end_turn");

    awaitProcesses(0); // nobody reads, nobody asks

    assertThat(Shop.json(shop.get("/v1/acp").body()).at("/servers/0/serverId").asString(""))
        .isEqualTo("x");
    JsonNode second = call(3, "session/prompt", prompt(session, "two"));
    assertThat(second.at("/result/stopReason").asString(""))
        .as(second.toString())
        .isEqualTo("end_turn");
    Iterator<String> data = data();
    StringBuilder all = new StringBuilder();
    while (!all.toString().contains("heard two")) {
      all.append(data.next()).append('\n');
    }
    assertThat(all.toString()).contains("heard one");
  }

  @Test
  void aServerThatIsReadDoesNotRest() throws Exception {
    shop.set("DUNES_ACP_REST_AFTER", "1");
    String session = session();
    try (RawClient reader = new RawClient(shop.port())) {
      reader.send("GET /v1/acp/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").readTo("id: 2\n");
      call(2, "session/prompt", prompt(session, "one"));
      // Another one that nobody uses goes to rest meanwhile.
      shop.post(
          "/v1/acp/y?agent=acp:stubborn",
          envelope(0, "initialize", "{\"protocolVersion\":1}"),
          JSON);
      shop.post(
          "/v1/acp/y", envelope(1, "session/new", "{\"cwd\":\"/tmp\",\"mcpServers\":[]}"), JSON);
      awaitProcesses(1);
      assertThat(processes()).isEqualTo(1);
    }
    awaitProcesses(0);
  }
}
