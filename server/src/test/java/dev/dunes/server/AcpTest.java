package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** ACP over HTTP: refusals, streams, what is kept. */
class AcpTest {
  private static final String INITIALIZE =
      "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":1}}";

  @TempDir Path directory;
  private Shop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Shop(directory).set("DUNES_MOCK_PACE", "0");
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private HttpResponse<String> post(String server, String envelope) throws Exception {
    return shop.post("/v1/acp/" + server, envelope, "content-type", "application/json");
  }

  private JsonNode call(String server, int id, String method, String params) throws Exception {
    HttpResponse<String> answer =
        post(
            server,
            "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}"
                .formatted(id, method, params));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    JsonNode response = Shop.json(answer.body());
    assertThat(response.get("id").asInt()).isEqualTo(id);
    return response;
  }

  private String session(String server) throws Exception {
    post(server + "?agent=mock", INITIALIZE);
    return call(server, 1, "session/new", "{\"cwd\":\"/tmp\",\"mcpServers\":[]}")
        .at("/result/sessionId")
        .asString();
  }

  private static String prompt(String session, String text) {
    return "{\"sessionId\":\"%s\",\"prompt\":[{\"type\":\"text\",\"text\":\"%s\"}]}"
        .formatted(session, text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x?agent=mock|text/plain|*/*|{}|415|unsupported_media_type|unsupported media type: content-type must be application/json",
        "x?agent=mock|application/json|text/html|{}|406|not_acceptable|not acceptable: accept must allow application/json",
        "x?agent=mock|application/json|*/*|{|400|invalid_request|invalid request: invalid JSON body: ",
        "x?agent=mock|application/json|application/*|[]|400|invalid_request|invalid request: request body must be a JSON-RPC object",
        "x?agent=nope|application/json|*/*|{}|400|unsupported_agent|unsupported agent: nope",
        "x|application/json|application/json|{}|400|invalid_request|invalid request: missing required 'agent' query parameter for first POST to /v1/acp/x",
        "bound?agent=claude|application/json|*/*|{}|409|conflict|conflict: server 'bound' already exists for agent 'mock'; requested 'claude'",
      })
  void envelopesThatCannotBe(
      String server,
      String type,
      String accept,
      String body,
      int status,
      String name,
      String detail)
      throws Exception {
    post("bound?agent=mock", INITIALIZE);
    HttpResponse<String> answer =
        shop.post("/v1/acp/" + server, body, "content-type", type, "accept", accept);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    JsonNode problem = Shop.json(answer.body());
    assertThat(problem.get("type").asString()).isEqualTo("urn:sandbox-agent:error:" + name);
    assertThat(problem.get("detail").asString()).startsWith(detail);
    if (status == 415 || status == 406 || status == 409) {
      assertThat(detail).endsWith(problem.at("/details/message").asString());
    }
  }

  @Test
  void streamsThatCannotBe() throws Exception {
    post("x?agent=mock", INITIALIZE);
    assertThat(shop.get("/v1/acp/x", "accept", "application/json").statusCode()).isEqualTo(406);
    assertThat(shop.get("/v1/acp/x", "last-event-id", "one").statusCode()).isEqualTo(400);
    HttpResponse<String> unknown = shop.get("/v1/acp/nobody", "accept", "text/event-stream");
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(Shop.json(unknown.body()).get("sessionId").asString()).isEqualTo("nobody");
    assertThat(shop.send("DELETE", "/v1/acp/nobody", "").statusCode()).isEqualTo(204);
  }

  @Test
  void requestsThatCannotBeAreErrorsOfJsonRpc() throws Exception {
    String session = session("x");
    assertThat(call("x", 2, "session/dance", "{}").at("/error/code").asInt()).isEqualTo(-32601);
    assertThat(call("x", 3, "session/prompt", "{}").at("/error/code").asInt()).isEqualTo(-32602);
    assertThat(call("x", 4, "session/prompt", prompt("none", "a")).at("/error/code").asInt())
        .isEqualTo(-32002);
    assertThat(
            call("x", 5, "session/new", "{\"cwd\":\"here\",\"mcpServers\":[]}")
                .at("/error/code")
                .asInt())
        .isEqualTo(-32602);
    JsonNode mode =
        call(
            "x", 6, "session/set_mode", "{\"sessionId\":\"" + session + "\",\"modeId\":\"dream\"}");
    assertThat(mode.at("/error/code").asInt()).isEqualTo(-32602);
    assertThat(mode.at("/error/data/type").asString()).endsWith(":mode_not_supported");
    assertThat(post("x", "{\"jsonrpc\":\"2.0\",\"method\":\"whatever\"}").statusCode())
        .isEqualTo(202);
    assertThat(post("x", "{\"jsonrpc\":\"2.0\",\"id\":\"srv-9\",\"result\":{}}").statusCode())
        .isEqualTo(202);
  }

  private Iterator<String> ids(String server, String last) throws Exception {
    HttpResponse<Stream<String>> answer =
        shop.client.send(
            shop.request(
                "GET",
                "/v1/acp/" + server,
                "",
                "accept",
                "text/event-stream",
                "last-event-id",
                last),
            HttpResponse.BodyHandlers.ofLines());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).contains("text/event-stream");
    return answer.body().filter(line -> line.startsWith("id: ")).iterator();
  }

  @Test
  void aStreamMayComeBeforeItsServer() throws Exception {
    session("warm"); // what is opened with the first server is not waited for by the second
    CompletableFuture<HttpResponse<Stream<String>>> early =
        shop.client.sendAsync(
            shop.request("GET", "/v1/acp/late", "", "accept", "text/event-stream"),
            HttpResponse.BodyHandlers.ofLines());
    assertThat(post("late?agent=mock", INITIALIZE).statusCode()).isEqualTo(200);
    HttpResponse<Stream<String>> stream = early.get(60, TimeUnit.SECONDS);
    assertThat(stream.statusCode()).isEqualTo(200);
    assertThat(stream.body().filter(line -> line.startsWith("id: ")).iterator().next())
        .isEqualTo("id: 1");
  }

  @Test
  void whatWasSentIsThereAfterARestart() throws Exception {
    String session = session("x");
    JsonNode done = call("x", 2, "session/prompt", prompt("" + session, "echo one"));
    assertThat(done.at("/result/stopReason").asString()).isEqualTo("end_turn");
    shop.restart(shop.port());
    Iterator<String> ids = ids("x", "2");
    assertThat(ids.next()).isEqualTo("id: 3");
    assertThat(ids.next()).isEqualTo("id: 4");
    // and it goes on: ids are counted on
    JsonNode more =
        call("x", 3, "session/set_mode", "{\"sessionId\":\"" + session + "\",\"modeId\":\"plan\"}");
    assertThat(more.has("result")).as(more.toString()).isTrue();
    assertThat(ids.next()).isEqualTo("id: 5");
    assertThat(Shop.json(shop.get("/v1/acp").body()).at("/servers/0/serverId").asString())
        .isEqualTo("x");
    assertThat(shop.send("DELETE", "/v1/acp/x", "").statusCode()).isEqualTo(204);
    assertThat(shop.get("/v1/acp").body()).isEqualTo("{\"servers\":[]}");
  }

  @Test
  void sessionsAreThoseOfTheAgentApi() throws Exception {
    shop.post("/v1/sessions/other", "{\"agent\":\"mock\"}", "content-type", "application/json");
    shop.post(
        "/v1/sessions/other/messages/stream",
        "{\"message\":\"echo before\"}",
        "content-type",
        "application/json");
    String session = session("x");
    assertThat(shop.get("/v1/sessions").body()).contains(session);
    JsonNode loaded =
        call(
            "x", 2, "session/load", "{\"sessionId\":\"other\",\"cwd\":\"/tmp\",\"mcpServers\":[]}");
    assertThat(loaded.at("/result/modes/currentModeId").asString()).isEqualTo("build");
    Iterator<String> ids = ids("x", "0");
    String last = "";
    for (int i = 0; i < 5; i++) {
      last = ids.next();
    }
    assertThat(last).isEqualTo("id: 5");
    assertThat(call("x", 3, "session/list", "{}").at("/result/sessions")).hasSize(2);
    JsonNode fork =
        call("x", 4, "session/fork", "{\"sessionId\":\"nobody\",\"cwd\":\"/\",\"mcpServers\":[]}");
    assertThat(fork.at("/error/code").asInt()).isEqualTo(-32002);
  }

  @Test
  void anAnswerThatTakesTooLongComesOnTheStream() throws Exception {
    shop.set("DUNES_ACP_ANSWER_WITHIN", "1");
    String session = session("x");
    Iterator<String> ids = ids("x", "2");
    HttpResponse<String> answer =
        post(
            "x",
            "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"session/prompt\",\"params\":"
                + prompt(session, "burst 30 10")
                + "}");
    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(answer.body()).isEmpty();
    String last = "";
    for (int i = 0; i < 31; i++) {
      last = ids.next();
    }
    assertThat(last).isEqualTo("id: 33");
  }

  @Test
  void theWorkspaceRefusesWhatLeadsElsewhere() throws Exception {
    for (String path : new String[] {"../x", "a/../../x"}) {
      HttpResponse<String> answer =
          shop.send("PUT", "/v1/fs/file?path=" + path, "x", "content-type", "text/plain");
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(Shop.json(answer.body()).get("detail").asString())
          .isEqualTo("invalid request: invalid relative path: " + path);
    }
    // A file of this machine is not there, one that is everywhere is.
    assertThat(shop.get("/v1/fs/stat?path=" + directory).statusCode()).isEqualTo(400);
    assertThat(shop.get("/v1/fs/stat?path=/tmp").statusCode()).isEqualTo(200);
  }
}
