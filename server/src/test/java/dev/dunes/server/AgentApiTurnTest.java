package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Turns in the agent API with its reference agent, byte for byte. */
class AgentApiTurnTest extends AgentApiCase {
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
}
