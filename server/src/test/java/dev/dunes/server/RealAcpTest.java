package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.Agents;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.ScriptedModel;
import dev.dunes.scripted.Step;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Real agents behind the ACP face: whoever speaks ACP over HTTP drives any of them. */
@Timeout(300)
class RealAcpTest {
  @TempDir Path directory;
  private final ScriptedModel model = ScriptedModel.start();
  private Shop shop;

  @AfterEach
  void close() {
    shop.close();
    model.close();
  }

  private String post(String path, String envelope) throws Exception {
    HttpResponse<String> answer =
        shop.post("/v1/acp/" + path, envelope, "content-type", "application/json");
    assertThat(answer.statusCode()).as(answer.body()).isIn(200, 202);
    return answer.body();
  }

  private static String envelope(int id, String method, String params) {
    return "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}"
        .formatted(id, method, params);
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "codex"})
  void aPromptIsWorkedOnAndWhatItAsksForIsAnswered(String agent) throws Exception {
    model.add(
        Scenario.of(
            "make",
            Answer.of(new Step.Shell("echo ma''de > made.txt && cat made.txt")),
            Answer.of(new Step.Text("It is there."))));
    shop = new Shop(directory);
    shop.with(Agents.open(AgentSettings.current()).get(agent));
    shop.set("ANTHROPIC_BASE_URL", model.uri().toString());
    shop.set("OPENAI_BASE_URL", model.uri() + "/v1").set("OPENAI_API_KEY", Shop.KEY);
    post(
        "x?agent=" + agent,
        envelope(0, "initialize", "{\"protocolVersion\":1,\"clientCapabilities\":{}}"));
    String session =
        Shop.json(
                post("x", envelope(1, "session/new", "{\"cwd\":\"/home/user\",\"mcpServers\":[]}")))
            .at("/result/sessionId")
            .asString();
    assertThat(session).isNotEmpty();
    HttpResponse<Stream<String>> stream =
        shop.client.send(
            shop.request("GET", "/v1/acp/x", "", "accept", "text/event-stream"),
            HttpResponse.BodyHandlers.ofLines());
    CompletableFuture<HttpResponse<String>> prompt =
        shop.client.sendAsync(
            shop.request(
                "POST",
                "/v1/acp/x",
                envelope(
                    2,
                    "session/prompt",
                    "{\"sessionId\":\"%s\",\"prompt\":[{\"type\":\"text\",\"text\":\"Please [[make]]\"}]}"
                        .formatted(session)),
                "content-type",
                "application/json"),
            HttpResponse.BodyHandlers.ofString());

    Iterator<String> lines = stream.body().filter(line -> line.startsWith("data: ")).iterator();
    StringBuilder said = new StringBuilder();
    StringBuilder all = new StringBuilder();
    boolean asked = false;
    boolean over = false;
    while (!over) {
      JsonNode message = Shop.json(lines.next().substring("data: ".length()));
      all.append(message).append('\n');
      if (message.path("method").asString("").equals("session/request_permission")) {
        asked = true;
        post(
            "x",
            "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"outcome\":{\"outcome\":\"selected\",\"optionId\":%s}}}"
                .formatted(message.get("id"), message.at("/params/options/0/optionId")));
      }
      JsonNode update = message.at("/params/update");
      if (update.path("sessionUpdate").asString("").equals("agent_message_chunk")) {
        said.append(update.at("/content/text").asString(""));
      }
      over = message.path("id").asInt(-1) == 2 && message.has("result");
    }

    assertThat(asked).as(all.toString()).isTrue();
    assertThat(said.toString()).contains("It is there.");
    assertThat(all.toString()).contains("\"status\":\"completed\"").contains("made");
    JsonNode answer = Shop.json(prompt.get(60, TimeUnit.SECONDS).body());
    assertThat(answer.at("/result/stopReason").asString()).isEqualTo("end_turn");
  }
}
