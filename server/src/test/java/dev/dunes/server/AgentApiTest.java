package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The agent API with its reference agent, byte for byte. */
class AgentApiTest {
  private static final String OK = "Reply with exactly the single word OK.";

  @TempDir Path directory;
  private Shop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Shop(directory).set("DUNES_MOCK_PACE", "0");
    shop.configured(config -> config.heartbeatEvery(Duration.ofMillis(100)));
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private HttpResponse<String> post(String path, String json) throws Exception {
    return shop.post(path, json, "content-type", "application/json");
  }

  private void create(String id) throws Exception {
    HttpResponse<String> answer = post("/v1/sessions/" + id, "{\"agent\":\"mock\"}");
    assertThat(answer.body())
        .isEqualTo("{\"healthy\":true,\"nativeSessionId\":\"mock-" + id + "\"}");
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  private static String message(String text) {
    return dev.dunes.server.http.Json.object().put("message", text).toString();
  }

  /** The events of a turn, from its stream. */
  private List<JsonNode> turn(String session, String text) throws Exception {
    HttpResponse<String> answer =
        post("/v1/sessions/" + session + "/messages/stream", message(text));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).contains("text/event-stream");
    assertThat(answer.headers().firstValue("cache-control")).contains("no-cache");
    return data(answer.body().lines());
  }

  private static List<JsonNode> data(Stream<String> lines) {
    return lines.filter(l -> l.startsWith("data: ")).map(l -> Shop.json(l.substring(6))).toList();
  }

  private static List<String> types(List<JsonNode> events) {
    return events.stream().map(event -> event.get("type").asString()).toList();
  }

  private void assertProblem(
      HttpResponse<String> answer, int status, String name, String title, String detail) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    JsonNode problem = Shop.json(answer.body());
    assertThat(problem.get("type").asString()).isEqualTo("urn:sandbox-agent:error:" + name);
    assertThat(problem.get("title").asString()).isEqualTo(title);
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("detail").asString()).startsWith(detail);
  }

  @Test
  void health() throws Exception {
    shop.configured(config -> config.token("t"));
    assertThat(shop.get("/v1/health").body()).isEqualTo("{\"status\":\"ok\"}");
    HttpResponse<String> refused = shop.get("/v1/agents");
    assertThat(refused.body())
        .isEqualTo(
            "{\"type\":\"urn:sandbox-agent:error:token_invalid\",\"title\":\"Token Invalid\",\"status\":401,"
                + "\"detail\":\"token invalid\",\"details\":{\"message\":\"missing or invalid token\"}}");
    assertThat(shop.get("/v1/agents", "authorization", "Token t").statusCode()).isEqualTo(200);
  }

  @Test
  void agents() throws Exception {
    JsonNode agents = Shop.json(shop.get("/v1/agents").body()).get("agents");
    List<String> ids = agents.valueStream().map(agent -> agent.get("id").asString()).toList();
    assertThat(ids).contains("mock", "claude");
    JsonNode mock = agents.get(ids.indexOf("mock"));
    assertThat(mock.get("installed").asBoolean()).isTrue();
    assertThat(mock.get("version").asString()).isEqualTo("builtin");
    assertThat(mock.get("capabilities")).hasSize(18);
    assertThat(mock.at("/capabilities/sharedProcess").asBoolean()).isFalse();
    assertThat(mock.has("configOptions")).isFalse();
    assertThat(mock.get("inProcess").asBoolean()).isTrue();
    assertThat(mock.get("resumable").asBoolean(true)).isFalse();
    assertThat(mock.get("dialects")).isEmpty();
    JsonNode claude = agents.get(ids.indexOf("claude"));
    assertThat(claude.get("dialects").toString()).isEqualTo("[\"anthropic\"]");
    assertThat(claude.get("permissionModes").toString()).contains("\"bypass\"");

    JsonNode one = Shop.json(shop.get("/v1/agents/mock?config=true").body());
    assertThat(one.get("configOptions").valueStream().map(o -> o.get("id").asString()))
        .containsExactly("model", "mode", "thought_level");
    assertProblem(
        shop.get("/v1/agents/nobody"),
        400,
        "unsupported_agent",
        "Unsupported Agent",
        "unsupported agent: nobody");
    assertThat(Shop.json(shop.get("/v1/agents/nobody").body()).get("agent").asString())
        .isEqualTo("nobody");
    assertThat(shop.get("/v1/agents?config=yes").statusCode()).isEqualTo(400);

    assertThat(shop.get("/v1/agents/mock/modes").body())
        .isEqualTo(
            "{\"modes\":[{\"id\":\"build\",\"name\":\"Build\",\"description\":\"Mock agent for UI testing\"},"
                + "{\"id\":\"plan\",\"name\":\"Plan\",\"description\":\"Plan-only mock mode\"}]}");
    JsonNode models = Shop.json(shop.get("/v1/agents/mock/models").body());
    assertThat(models.get("defaultModel").asString()).isEqualTo("mock");
    assertThat(models.get("models")).hasSize(2);
  }

  @Test
  void anAgentOfTheUsersOwnFile() throws Exception {
    Path file = Files.createTempFile(directory, "agents", ".json");
    Files.writeString(file, "{\"mine\": {\"command\": \"mine\", \"dialects\": [\"gemini\"]}}");
    try (Shop other =
        new Shop(Files.createTempDirectory(directory, "other"))
            .set("DUNES_AGENTS_FILE", file.toString())) {
      JsonNode mine = Shop.json(other.get("/v1/agents/acp:mine").body());
      assertThat(mine.get("id").asString()).isEqualTo("acp:mine");
      assertThat(mine.get("dialects").toString()).isEqualTo("[\"gemini\"]");
      assertThat(mine.get("credentialsAvailable").asBoolean(true)).isFalse();
      HttpResponse<String> installed =
          other.post(
              "/v1/agents/acp:mine/install",
              "{}",
              "content-type",
              "application/json",
              "prefer",
              "return=representation");
      assertThat(Shop.json(installed.body()).at("/artifacts/0/source").asString())
          .isEqualTo("local_path");
    }
  }

  @Test
  void installing() throws Exception {
    HttpResponse<String> plain = post("/v1/agents/mock/install", "{}");
    assertThat(plain.statusCode()).isEqualTo(204);
    assertThat(plain.body()).isEmpty();
    HttpResponse<String> asked =
        shop.post(
            "/v1/agents/mock/install",
            "{}",
            "content-type",
            "application/json",
            "prefer",
            "return=representation");
    assertThat(Shop.json(asked.body()).get("already_installed").asBoolean()).isTrue();
    assertThat(Shop.json(asked.body()).at("/artifacts/0/source").asString()).isEqualTo("builtin");
    assertThat(post("/v1/agents/mock/install", "{\"agentVersion\":\"builtin\"}").statusCode())
        .isEqualTo(200);
    assertProblem(
        post("/v1/agents/mock/install", "{\"agentVersion\":\"9\"}"),
        400,
        "invalid_request",
        "Invalid Request",
        "invalid request: version 9 of mock cannot be chosen");
    assertThat(post("/v1/agents/nobody/install", "{}").statusCode()).isEqualTo(400);
    assertThat(shop.post("/v1/agents/mock/install", "").statusCode()).isEqualTo(415);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST|/v1/sessions/s|application/json|{|400|Invalid Request",
        "POST|/v1/sessions/s|application/json||400|Invalid Request",
        "POST|/v1/sessions/s|application/json|[]|422|Unprocessable Entity",
        "POST|/v1/sessions/s|application/json|{}|422|Unprocessable Entity",
        "POST|/v1/sessions/s|application/json|{\"agent\":1}|422|Unprocessable Entity",
        "POST|/v1/sessions/s|application/json|{\"agent\":null}|422|Unprocessable Entity",
        "POST|/v1/sessions/s|text/plain|{\"agent\":\"mock\"}|415|Unsupported Media Type",
        "POST|/v1/sessions/s|application/json|{\"agent\":\"mock\",\"files\":{\"a\":1}}|422|Unprocessable Entity",
        "GET|/v1/sessions/x/events?offset=-1|||400|Invalid Request",
        "GET|/v1/sessions/x/events?limit=a|||400|Invalid Request",
        "GET|/v1/sessions/x/events?include_raw=1|||400|Invalid Request",
        "GET|/v1/sessions/x/events|||404|Session Not Found",
        "GET|/v1/sessions/x/events/sse|||404|Session Not Found",
        "POST|/v1/sessions/x/terminate|||404|Session Not Found",
        "POST|/v1/sessions/x/interrupt|||404|Session Not Found",
        "POST|/v1/sessions/x/messages|application/json|{\"message\":\"a\"}|404|Session Not Found",
        "POST|/v1/sessions/x/messages/stream|application/json|{\"message\":\"a\"}|404|Session Not Found",
        "POST|/v1/sessions/x/questions/q/reply|application/json|{\"answers\":[]}|404|Session Not Found",
        "POST|/v1/sessions/x/questions/q/reject|||404|Session Not Found",
        "POST|/v1/sessions/x/permissions/p/reply|application/json|{\"reply\":\"once\"}|404|Session Not Found",
        "POST|/v1/sessions/x/permissions/p/reply|application/json|{\"reply\":\"maybe\"}|422|Unprocessable Entity",
        "GET|/v1/nowhere|||404|Not Found",
        "POST|/v1/nowhere|||404|Not Found",
        "PUT|/v1/health|||405|Method Not Allowed",
        "DELETE|/v1/agents|||405|Method Not Allowed",
        "GET|/v1/search|||400|Invalid Request",
      })
  void refusals(String method, String path, String type, String body, int status, String title)
      throws Exception {
    HttpResponse<String> answer =
        shop.send(
            method,
            path,
            body == null ? "" : body,
            type == null ? new String[0] : new String[] {"content-type", type});
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    assertThat(Shop.json(answer.body()).get("title").asString()).isEqualTo(title);
    if (status == 405) {
      assertThat(answer.headers().firstValue("allow")).contains("GET");
    }
  }

  @Test
  void aBodyHasTwoMebibytes() throws Exception {
    HttpResponse<String> answer = post("/v1/sessions/s", " ".repeat((2 << 20) + 1));
    assertProblem(answer, 413, "invalid_request", "Payload Too Large", "invalid request");
    assertThat(post("/v1/sessions/s", "{\"agent\":\"mock\"}" + " ".repeat(1 << 20)).statusCode())
        .isEqualTo(200);
  }

  @Test
  void aSessionThatIsNotThere() throws Exception {
    assertThat(post("/v1/sessions/s9/messages", message("x")).body())
        .isEqualTo(
            "{\"type\":\"urn:sandbox-agent:error:session_not_found\",\"title\":\"Session Not Found\",\"status\":404,"
                + "\"detail\":\"session not found: s9\",\"sessionId\":\"s9\"}");
  }

  @Test
  void creatingAndListing() throws Exception {
    create("first");
    create("second");
    assertProblem(
        post("/v1/sessions/first", "{\"agent\":\"mock\"}"),
        409,
        "session_already_exists",
        "Session Already Exists",
        "session already exists: first");
    assertProblem(
        post("/v1/sessions/x", "{\"agent\":\"nobody\"}"),
        400,
        "unsupported_agent",
        "Unsupported Agent",
        "unsupported agent: nobody");
    assertProblem(
        post("/v1/sessions/x", "{\"agent\":\"mock\",\"agentMode\":\"dream\"}"),
        400,
        "mode_not_supported",
        "Mode Not Supported",
        "mode not supported: mock dream");
    assertProblem(
        post("/v1/sessions/x", "{\"agent\":\"mock\",\"permissionMode\":\"free\"}"),
        400,
        "invalid_request",
        "Invalid Request",
        "invalid request: invalid permission mode: free");
    assertThat(post("/v1/sessions/" + "x".repeat(257), "{\"agent\":\"mock\"}").statusCode())
        .isEqualTo(400);
    assertThat(post("/v1/sessions/a%0Ab", "{\"agent\":\"mock\"}").statusCode()).isEqualTo(400);
    assertThat(post("/v1/sessions/a%2Fb", "{\"agent\":\"mock\",\"title\":null}").statusCode())
        .isEqualTo(200);

    JsonNode sessions = Shop.json(shop.get("/v1/sessions").body()).get("sessions");
    assertThat(sessions.valueStream().map(s -> s.get("sessionId").asString()))
        .containsExactly("a/b", "second", "first");
    JsonNode info = sessions.get(2);
    assertThat(info.get("agentMode").asString()).isEqualTo("build");
    assertThat(info.get("permissionMode").asString()).isEqualTo("default");
    assertThat(info.get("model").isNull()).isTrue();
    assertThat(info.get("variant").isNull()).isTrue();
    assertThat(info.get("ended").asBoolean()).isFalse();
    assertThat(info.get("eventCount").asInt()).isEqualTo(1);
  }

  @Test
  void theTranscriptOfTheSheet() throws Exception {
    create("s1");
    List<JsonNode> events = turn("s1", OK);
    assertThat(types(events))
        .containsExactly(
            "item.started",
            "item.delta",
            "item.completed",
            "item.started",
            "item.delta",
            "item.completed");
    JsonNode all = Shop.json(shop.get("/v1/sessions/s1/events").body());
    assertThat(all.get("hasMore").asBoolean()).isFalse();
    JsonNode polled = all.get("events");
    assertThat(polled).hasSize(7);
    assertThat(polled.get(0).get("type").asString()).isEqualTo("session.started");
    assertThat(polled.get(0).get("data").toString())
        .isEqualTo(
            "{\"metadata\":{\"agent\":\"mock\",\"agentMode\":\"build\",\"model\":null,\"permissionMode\":\"default\",\"variant\":null}}");
    ((tools.jackson.databind.node.ObjectNode) polled.get(5)).put("time", "T");
    assertThat(polled.get(5).toString())
        .isEqualTo(
            "{\"event_id\":\"evt_6\",\"sequence\":6,\"time\":\"T\",\"session_id\":\"s1\",\"native_session_id\":\"mock-s1\","
                + "\"synthetic\":true,\"source\":\"daemon\",\"type\":\"item.delta\","
                + "\"data\":{\"item_id\":\"itm_2\",\"native_item_id\":\"mock_1_ok\",\"delta\":\"OK\"},\"raw\":null}");
    assertThat(turn("s1", "Reply with exactly the word FIRST.")).hasSize(6);
  }

  @Test
  void pages() throws Exception {
    create("s");
    turn("s", OK);
    assertThat(page("?offset=2&limit=3")).isEqualTo("3,4,5 more");
    assertThat(page("?offset=4&limit=3")).isEqualTo("5,6,7");
    assertThat(page("?limit=0")).isEqualTo(" more");
    assertThat(page("?offset=7&limit=0")).isEqualTo("");
    assertThat(page("?offset=99")).isEqualTo("");
    assertThat(page("?offset=18446744073709551615")).isEqualTo("");
    assertThat(page("")).isEqualTo("1,2,3,4,5,6,7");
  }

  private String page(String query) throws Exception {
    JsonNode page = Shop.json(shop.get("/v1/sessions/s/events" + query).body());
    return String.join(
            ",", page.get("events").valueStream().map(e -> e.get("sequence").asString()).toList())
        + (page.get("hasMore").asBoolean() ? " more" : "");
  }

  @Test
  void aPageOfAnyLength() throws Exception {
    create("s");
    turn("s", "burst 20000");
    JsonNode events = Shop.json(shop.get("/v1/sessions/s/events").body()).get("events");
    assertThat(events.size()).isGreaterThan(20_000);
    for (int i = 0; i < events.size(); i++) {
      assertThat(events.get(i).get("sequence").asInt()).isEqualTo(i + 1);
    }
  }

  private HttpResponse<Stream<String>> follow(String query, String... headers) throws Exception {
    HttpResponse<Stream<String>> answer =
        shop.client.send(
            shop.request("GET", "/v1/sessions/s/events/sse" + query, "", headers),
            HttpResponse.BodyHandlers.ofLines());
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer;
  }

  @Test
  void followingFromAnywhere() throws Exception {
    create("s");
    turn("s", OK);
    try (Stream<String> lines = follow("?offset=2", "last-event-id", "5").body()) {
      Iterator<String> line = lines.iterator();
      assertThat(line.next()).isEqualTo("id: 6");
      assertThat(line.next()).startsWith("data: {\"event_id\":\"evt_6\"");
      assertThat(line.next()).isEmpty();
      assertThat(line.next()).isEqualTo("id: 7");
      List<String> rest = new ArrayList<>();
      post("/v1/sessions/s/messages", message("echo more"));
      while (line.hasNext() && rest.stream().noneMatch(l -> l.startsWith("id: 13"))) {
        rest.add(line.next());
      }
      assertThat(rest.stream().filter(l -> l.startsWith("id: ")))
          .containsExactly("id: 8", "id: 9", "id: 10", "id: 11", "id: 12", "id: 13");
      assertThat(rest).noneMatch(l -> l.startsWith("event:"));
    }
    HttpResponse<String> bad = shop.get("/v1/sessions/s/events/sse", "last-event-id", "abc");
    assertProblem(
        bad,
        400,
        "invalid_request",
        "Invalid Request",
        "invalid request: Last-Event-ID must be a positive integer");
  }

  @Test
  void aSilentStreamIsAlive() throws Exception {
    create("s");
    try (Stream<String> lines = follow("?offset=1").body()) {
      assertThat(lines.filter(line -> !line.isEmpty()).findFirst()).contains(": heartbeat");
    }
  }

  @Test
  void untilItEnds() throws Exception {
    create("s");
    CountDownLatch begun = new CountDownLatch(1);
    List<String> seen = new ArrayList<>();
    Thread reader =
        Thread.ofVirtual()
            .start(() -> {
              try (Stream<String> lines = follow("?until=ended").body()) {
                lines.forEach(line -> {
                  seen.add(line);
                  begun.countDown();
                });
              } catch (Exception e) {
                seen.add(e.toString());
              }
            });
    begun.await();
    turn("s", "say \"type\":\"session.ended\"");
    assertThat(shop.post("/v1/sessions/s/terminate", "").statusCode()).isEqualTo(204);
    reader.join();
    assertThat(types(data(seen.stream()))).last().isEqualTo("session.ended");
    assertThat(shop.post("/v1/sessions/s/terminate", "").statusCode()).isEqualTo(204);
    // and at once when it has ended
    long last = types(data(seen.stream())).size();
    assertThat(shop.get("/v1/sessions/s/events/sse?until=ended&offset=" + last).statusCode())
        .isEqualTo(200);
    assertProblem(
        post("/v1/sessions/s/messages", message("x")),
        400,
        "invalid_request",
        "Invalid Request",
        "invalid request: session terminated");
    assertThat(shop.get("/v1/sessions/s/events/sse?until=later").statusCode()).isEqualTo(400);
  }

  @Test
  void keysInTheQueryAreForStreamsOnly() throws Exception {
    shop.configured(config -> config.token("t"));
    post2("/v1/sessions/s", "{\"agent\":\"mock\"}");
    try (Stream<String> lines = follow("?access_token=t").body()) {
      assertThat(lines.findFirst()).contains("id: 1");
    }
    assertThat(shop.get("/v1/sessions/s/events/sse?access_token=x").statusCode()).isEqualTo(401);
    assertThat(shop.get("/v1/sessions/s/events?access_token=t").statusCode()).isEqualTo(401);
    assertThat(shop.get("/v1/sessions?access_token=t").statusCode()).isEqualTo(401);
  }

  private void post2(String path, String json) throws Exception {
    HttpResponse<String> answer =
        shop.post(path, json, "content-type", "application/json", "authorization", "Bearer t");
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  @Test
  void rawOnDemand() throws Exception {
    create("s");
    turn("s", "unparsed");
    for (String name : List.of("include_raw", "includeRaw")) {
      JsonNode events =
          Shop.json(shop.get("/v1/sessions/s/events?" + name + "=true").body()).get("events");
      assertThat(events.valueStream().map(event -> event.get("raw").toString()))
          .contains("{\"raw\":\"mock\"}");
    }
    assertThat(shop.get("/v1/sessions/s/events").body()).doesNotContain("{\"raw\":\"mock\"}");
    try (Stream<String> lines = follow("?include_raw=true").body()) {
      assertThat(lines.filter(line -> line.endsWith("\"raw\":{\"raw\":\"mock\"}}")).findFirst())
          .isPresent();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tool,item.completed", "status,item.completed", "unknown,item.completed",
    "permission,permission.requested", "question,question.requested", "end,session.ended"
  })
  void turnsEndWhereTheyEnd(String command, String last) throws Exception {
    create("s");
    assertThat(types(turn("s", command))).last().isEqualTo(last);
  }

  @Test
  void permissionsAndQuestions() throws Exception {
    create("s");
    List<JsonNode> asked = turn("s", "permission");
    assertThat(asked.getLast().at("/data/permission_id").asString()).isEqualTo("mock_1_permission");
    assertProblem(
        post("/v1/sessions/s/permissions/nope/reply", "{\"reply\":\"once\"}"),
        400,
        "invalid_request",
        "Invalid Request",
        "invalid request: unknown permission id: nope");
    assertThat(
            post("/v1/sessions/s/permissions/mock_1_permission/reply", "{\"reply\":\"once\"}")
                .statusCode())
        .isEqualTo(204);
    assertThat(
            post("/v1/sessions/s/permissions/mock_1_permission/reply", "{\"reply\":\"once\"}")
                .statusCode())
        .isEqualTo(400);
    JsonNode events = Shop.json(shop.get("/v1/sessions/s/events").body()).get("events");
    assertThat(
            events
                .valueStream()
                .filter(e -> e.get("type").asString().equals("permission.resolved"))
                .map(e -> e.at("/data/status").asString()))
        .containsExactly("approved");

    post("/v1/sessions/q", "{\"agent\":\"mock\"}");
    turn("q", "question");
    assertProblem(
        post("/v1/sessions/q/questions/nope/reply", "{\"answers\":[[\"x\"]]}"),
        400,
        "invalid_request",
        "Invalid Request",
        "invalid request: unknown question id: nope");
    assertThat(
            post("/v1/sessions/q/questions/mock_1_question/reply", "{\"answers\":[[\"Red\"]]}")
                .statusCode())
        .isEqualTo(204);
    assertThat(shop.post("/v1/sessions/q/questions/mock_1_question_reject/reject", "").statusCode())
        .isEqualTo(204);
  }

  @Test
  void blankMessages() throws Exception {
    create("s");
    assertProblem(
        post("/v1/sessions/s/messages", message(" \n")),
        400,
        "invalid_request",
        "Invalid Request",
        "invalid request: message must not be empty");
  }

  @Test
  void extensions() throws Exception {
    HttpResponse<String> made =
        post(
            "/v1/sessions/s",
            "{\"agent\":\"mock\",\"title\":\"One\",\"model\":\"mock\",\"variant\":\"low\",\"turnEvents\":true,"
                + "\"env\":{\"A\":\"b\"},\"turnTimeoutSeconds\":60,\"unknown\":[]}");
    assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
    assertThat(types(turn("s", "echo the needle")))
        .startsWith("turn.started")
        .endsWith("turn.ended");
    String image = Base64.getEncoder().encodeToString("png".getBytes(StandardCharsets.UTF_8));
    assertThat(
            post(
                    "/v1/sessions/s/messages/stream",
                    "{\"message\":\"echo x\",\"attachments\":[{\"type\":\"image\",\"mime\":\"image/png\",\"data\":\""
                        + image
                        + "\"},{\"type\":\"file\",\"path\":\"/tmp/x\"}]}")
                .statusCode())
        .isEqualTo(200);
    assertThat(
            post(
                    "/v1/sessions/s/messages",
                    "{\"message\":\"x\",\"attachments\":[{\"type\":\"image\",\"mime\":\"image/png\",\"data\":\"*\"}]}")
                .statusCode())
        .isEqualTo(422);

    JsonNode changed =
        Shop.json(
            shop.send(
                    "PATCH",
                    "/v1/sessions/s",
                    "{\"title\":\"Two\",\"agentMode\":\"plan\",\"variant\":\"high\"}",
                    "content-type",
                    "application/json")
                .body());
    assertThat(changed.get("title").asString()).isEqualTo("Two");
    assertThat(changed.get("agentMode").asString()).isEqualTo("plan");
    assertThat(changed.get("variant").asString()).isEqualTo("high");
    assertThat(
            shop.send("PATCH", "/v1/sessions/s", "{}", "content-type", "application/json")
                .statusCode())
        .isEqualTo(422);

    JsonNode hits = Shop.json(shop.get("/v1/search?q=needle&limit=5").body()).get("hits");
    assertThat(hits).isNotEmpty();
    assertThat(hits.get(0).get("sessionId").asString()).isEqualTo("s");
    assertThat(hits.get(0).get("excerpt").asString()).contains("needle");

    HttpResponse<String> markdown = shop.get("/v1/sessions/s/transcript?format=markdown");
    assertThat(markdown.headers().firstValue("content-type"))
        .contains("text/markdown; charset=utf-8");
    assertThat(markdown.body()).contains("the needle");
    assertThat(Shop.json(shop.get("/v1/sessions/s/transcript").body()).isObject()).isTrue();
    assertThat(shop.get("/v1/sessions/s/transcript?format=pdf").statusCode()).isEqualTo(400);

    assertThat(shop.post("/v1/sessions/s/interrupt", "").statusCode()).isEqualTo(204);
    assertThat(shop.send("DELETE", "/v1/sessions/s", "").statusCode()).isEqualTo(204);
    assertThat(shop.get("/v1/sessions/s").statusCode()).isEqualTo(404);
  }

  @Test
  void aWholeTurnSaysHowItEnded() throws Exception {
    create("s");
    HttpResponse<String> answer =
        post("/v1/sessions/s/messages/stream?until=end", message("echo x"));
    assertThat(answer.headers().firstValue("x-turn-id")).isPresent();
    String last = answer.body().strip().substring(answer.body().strip().lastIndexOf("data: ") + 6);
    assertThat(Shop.json(last).get("kind").asString()).isEqualTo("COMPLETED");
  }

  @Test
  void manyFollowersMissNothing() throws Exception {
    create("s");
    int followers = 50;
    int events = 5_000;
    CountDownLatch open = new CountDownLatch(followers);
    List<Long> counts = java.util.Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < followers; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try (Stream<String> lines = follow("?until=ended").body()) {
                  counts.add(
                      lines
                          .peek(line -> {
                            if (line.equals("id: 1")) {
                              open.countDown();
                            }
                          })
                          .filter(line -> line.contains("\"type\":\"item.delta\",\"data\":{"))
                          .filter(line -> line.contains("_burst\",\"delta\":"))
                          .count());
                } catch (Exception e) {
                  counts.add(-1L);
                }
              }));
    }
    open.await();
    turn("s", "burst " + events);
    shop.post("/v1/sessions/s/terminate", "");
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(counts).hasSize(followers).containsOnly((long) events);
  }
}
