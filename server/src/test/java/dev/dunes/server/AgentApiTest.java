package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The agent API with its reference agent, byte for byte: agents, sessions, who may ask. */
class AgentApiTest extends AgentApiCase {
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
}
