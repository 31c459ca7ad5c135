package dev.dunes.agent.codex;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.RealAgent;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Script;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Answers that shall satisfy a schema, with the real program. */
@Timeout(240)
final class RealCodexAnswerTest {
  private static final String MODEL = RealCodexTest.MODEL;

  private static final JsonNode SCHEMA =
      Json.MAPPER.readTree(
          """
          {"type": "object", "additionalProperties": false, "required": ["ok", "files"],
           "properties": {"ok": {"type": "boolean"},
                          "files": {"type": "array", "items": {"type": "string"}}}}
          """);

  private static final JsonNode OTHER =
      Json.MAPPER.readTree("{\"type\":\"object\",\"required\":[\"n\"]}");

  @Test
  void aValidAnswerIsGiven() {
    try (RealAgent codex = new RealAgent("codex")) {
      Transcript transcript =
          codex.turn(o -> o.model(MODEL).outputSchema(SCHEMA), "Give [[struct]]");

      assertThat(transcript.outcome().success()).as(transcript.toString()).isTrue();
      assertThat(transcript.outcome().structured().orElseThrow().toString())
          .isEqualTo("{\"ok\":true,\"files\":[\"a.txt\"]}");
      assertThat(transcript.all(AgentOutput.Superseded.class)).isEmpty();
    }
  }

  @Test
  void anAnswerThatNeverSatisfiesIsAskedForOnceMoreAndThenAFailure() {
    try (RealAgent codex = new RealAgent("codex")) {
      Transcript transcript =
          codex.turn(o -> o.model(MODEL).outputSchema(OTHER), "Give [[struct]]");

      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().reason()).isEqualTo("error_max_structured_output_retries");
      assertThat(transcript.outcome().structured()).isEmpty();
      assertThat(transcript.all(AgentOutput.Superseded.class)).hasSize(2);
    }
  }

  @Test
  void anAnswerThatSatisfiesAtTheSecondAttemptIsTheOnlyResult() {
    try (RealAgent codex = new RealAgent("codex")) {
      codex.model.add(
          Script.parse(
              """
              {"scenarios": {}, "rules": [
                {"name": "repaired", "when": "does not satisfy the required schema",
                 "steps": [{"struct": {"ok": true, "files": []}}, {"text": "there"}]},
                {"name": "unwilling", "when": "Give me the data", "steps": [{"struct": {"ok": "no"}}, {"text": "no"}]}]}
              """
                  .getBytes(UTF_8)));
      Transcript transcript =
          codex.turn(o -> o.model(MODEL).outputSchema(SCHEMA), "Give me the data");

      assertThat(transcript.outcome().success()).as(transcript.toString()).isTrue();
      assertThat(transcript.outcome().structured().orElseThrow().toString())
          .isEqualTo("{\"ok\":true,\"files\":[]}");
      assertThat(transcript.all(AgentOutput.Superseded.class)).hasSize(1);
      // What we said is not what the user said.
      assertThat(
              transcript.items().stream()
                  .filter(
                      item -> item.role().equals(java.util.Optional.of(UniversalItem.Role.USER))))
          .hasSize(1);
    }
  }
}
