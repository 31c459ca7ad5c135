package dev.dunes.scripted;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What agents ask besides the conversation; none of it may count as a step. */
class SideRequestsTest {
  private final ScriptedModel model = ScriptedModel.start();
  private final Caller caller = new Caller(model);

  @AfterEach
  void close() {
    caller.close();
    model.close();
  }

  @Test
  void tokensAreCounted() throws Exception {
    assertThat(caller.post("/v1/messages/count_tokens", "{}")).isEqualTo("{\"input_tokens\":120}");
    assertThat(caller.post("/v1beta/models/g:countTokens", "{}"))
        .isEqualTo("{\"totalTokens\":120}");
  }

  @Test
  void aProbeGetsAMessage() throws Exception {
    String probe =
        "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"[[hello]]\"}]}";
    JsonNode reply = caller.json("/v1/messages", probe);
    assertThat(reply.path("stop_reason").asString()).isEqualTo("end_turn");
  }

  @Test
  void titlesAreMade() throws Exception {
    JsonNode reply = caller.messages("Make a title for: [[hello]]");
    assertThat(reply.path("content").path(0).path("text").asString()).isEqualTo("Scripted title");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /v1/messages|{"output_config":{"format":{"schema":SCHEMA}},"messages":[USER]}|/content/0/text
          /v1/responses|{"stream":false,"text":{"format":{"schema":SCHEMA}},"input":[USER]}|/output/0/content/0/text
          /v1/chat/completions|{"response_format":{"json_schema":{"schema":SCHEMA}},"messages":[USER]}|/choices/0/message/content
          /v1beta/models/g:generateContent|{"generationConfig":{"responseJsonSchema":SCHEMA},"contents":[]}|/candidates/0/content/parts/0/text
          """)
  void aSchemaGetsJsonThatFits(String path, String body, String where) throws Exception {
    String schema =
        """
        {"type":"OBJECT","properties":{"title":{"type":"STRING"},"kind":{"enum":["a","b"]},\
        "other":{"type":["string","null"]},"ok":{"type":"boolean"},"n":{"type":"integer"},\
        "list":{"type":"array"},"deep":{"type":"object","properties":{"x":{"const":7}}}}}\
        """;
    String user = "{\"role\":\"user\",\"content\":\"[[hello]]\"}";
    JsonNode reply = caller.json(path, body.replace("SCHEMA", schema).replace("USER", user));
    assertThat(JsonMapper.shared().readTree(reply.at(where).asString()).toString())
        .isEqualTo(
            "{\"title\":\"Scripted title\",\"kind\":\"a\",\"other\":\"scripted\",\"ok\":false,"
                + "\"n\":1,\"list\":[],\"deep\":{\"x\":7}}");
  }

  @Test
  void aStructuredScenarioAnswersItsOwn() throws Exception {
    String body =
        "{\"stream\":false,\"text\":{\"format\":{\"schema\":{\"type\":\"object\"}}},"
            + "\"input\":\"[[struct]]\"}";
    assertThat(caller.json("/v1/responses", body).at("/output/0/content/0/text").asString())
        .isEqualTo("{\"ok\":true,\"files\":[\"a.txt\"]}");
  }

  @Test
  void plainRoutes() throws Exception {
    assertThat(caller.send("GET", "/v1/models", "").body())
        .isEqualTo(
            "{\"object\":\"list\",\"data\":[{\"id\":\"scripted-1\",\"object\":\"model\","
                + "\"created\":1,\"owned_by\":\"x\"}]}");
    assertThat(caller.send("HEAD", "/", "").statusCode()).isEqualTo(200);
    assertThat(caller.send("GET", "/health", "").statusCode()).isEqualTo(200);
    assertThat(model.unknownRoutes()).isZero();
    assertThat(caller.send("GET", "/v1/responses", "").statusCode()).isEqualTo(404);
    assertThat(caller.send("POST", "/v1/other", "{}").body())
        .isEqualTo(
            "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"no such route\"}}");
    assertThat(model.unknownRoutes()).isEqualTo(2);
  }
}
