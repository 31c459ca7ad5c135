package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A server whose agent API the tests ask with its reference agent, and what they ask again and
 * again.
 */
abstract class AgentApiCase {
  static final String OK = "Reply with exactly the single word OK.";

  @TempDir Path directory;
  Shop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Shop(directory).set("DUNES_MOCK_PACE", "0");
    shop.configured(config -> config.heartbeatEvery(Duration.ofMillis(100)));
  }

  @AfterEach
  void close() {
    shop.close();
  }

  HttpResponse<String> post(String path, String json) throws Exception {
    return shop.post(path, json, "content-type", "application/json");
  }

  void create(String id) throws Exception {
    HttpResponse<String> answer = post("/v1/sessions/" + id, "{\"agent\":\"mock\"}");
    assertThat(answer.body())
        .isEqualTo("{\"healthy\":true,\"nativeSessionId\":\"mock-" + id + "\"}");
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  static String message(String text) {
    return dev.dunes.server.http.Json.object().put("message", text).toString();
  }

  /** The events of a turn, from its stream. */
  List<JsonNode> turn(String session, String text) throws Exception {
    HttpResponse<String> answer =
        post("/v1/sessions/" + session + "/messages/stream", message(text));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).contains("text/event-stream");
    assertThat(answer.headers().firstValue("cache-control")).contains("no-cache");
    return data(answer.body().lines());
  }

  HttpResponse<Stream<String>> follow(String query, String... headers) throws Exception {
    HttpResponse<Stream<String>> answer =
        shop.client.send(
            shop.request("GET", "/v1/sessions/s/events/sse" + query, "", headers),
            HttpResponse.BodyHandlers.ofLines());
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer;
  }

  static List<JsonNode> data(Stream<String> lines) {
    return lines.filter(l -> l.startsWith("data: ")).map(l -> Shop.json(l.substring(6))).toList();
  }

  static List<String> types(List<JsonNode> events) {
    return events.stream().map(event -> event.get("type").asString()).toList();
  }

  void assertProblem(
      HttpResponse<String> answer, int status, String name, String title, String detail) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    JsonNode problem = Shop.json(answer.body());
    assertThat(problem.get("type").asString()).isEqualTo("urn:sandbox-agent:error:" + name);
    assertThat(problem.get("title").asString()).isEqualTo(title);
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("detail").asString()).startsWith(detail);
  }
}
