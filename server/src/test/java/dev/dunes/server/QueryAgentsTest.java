package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** {@code POST /query} with another agent than Claude Code. */
class QueryAgentsTest {
  private Shop shop;

  @BeforeEach
  void open(@TempDir Path directory) throws IOException {
    shop = new Shop(directory).set("DUNES_MOCK_PACE", "0").set("OPENAI_API_KEY", "sk-of-the-test");
  }

  @AfterEach
  void close() {
    shop.close();
  }

  @Test
  void theMockAgentNeedsNoKeyOfAModel() throws Exception {
    shop.environment.clear();
    shop.set("DUNES_MOCK_PACE", "0");
    HttpResponse<String> answer =
        shop.post("/query", Shop.query("echo hello there").put("agent", "mock").toString());

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    List<String> events = Shop.events(answer.body());
    JsonNode result = Shop.json(events.getLast());
    assertThat(result.path("type").asString()).isEqualTo("result");
    assertThat(result.path("is_error").asBoolean(true)).isFalse();
    assertThat(result.path("result").asString()).isEqualTo("hello there");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"prompt\":\"x\",\"agent\":\"codex\",\"allowed_tools\":[\"Read\"]}|Codex cannot be restricted",
        "{\"prompt\":\"x\",\"agent\":\"codex\",\"extra_agents\":{\"a\":{}}}|Codex takes no subagents",
        "{\"prompt\":\"x\",\"agent\":\"pi\",\"output_format\":{\"type\":\"json_schema\",\"schema\":{}}}|pi takes no schema",
        "{\"prompt\":\"x\",\"agent\":\"opencode-acp\",\"max_turns\":2}|cannot be given a limit of turns",
        "{\"prompt\":\"x\",\"agent\":\"gemini\"}|GEMINI_API_KEY is required",
        "{\"prompt\":\"x\",\"agent\":\"clude\"}|did you mean 'claude'?",
        "{\"prompt\":\"x\",\"agent\":\"\"}|at least 1 character",
      })
  void whatAnAgentCannotDoIsRefusedAtOnce(String body, String why) throws Exception {
    HttpResponse<String> answer = shop.post("/query", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
    assertThat(answer.body()).contains(why);
    assertThat(shop.get("/runs").body()).isEqualTo("[]");
  }
}
