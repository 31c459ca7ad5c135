package dev.dunes.agent.claude;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Script;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Answers that shall satisfy a schema, with the real program. */
@Timeout(240)
final class RealClaudeAnswerTest {
  private static final JsonNode SCHEMA =
      Json.MAPPER.readTree(
          "{\"type\":\"object\",\"properties\":{\"ok\":{\"type\":\"boolean\"},\"files\":{\"type\":"
              + "\"array\",\"items\":{\"type\":\"string\"}}},\"required\":[\"ok\",\"files\"]}");

  private static final JsonNode OTHER =
      Json.MAPPER.readTree("{\"type\":\"object\",\"required\":[\"n\"]}");

  @Test
  void aValidAnswerIsGivenAlsoWhenNoToolIsAllowed() {
    try (RealClaude claude = new RealClaude()) {
      Transcript transcript =
          claude.turn(o -> o.outputSchema(SCHEMA).allowedTools(List.of()), "Give [[struct]]");

      assertThat(transcript.outcome().success()).isTrue();
      assertThat(transcript.outcome().structured().orElseThrow().toString())
          .isEqualTo("{\"ok\":true,\"files\":[\"a.txt\"]}");
      assertThat(transcript.all(AgentOutput.Superseded.class)).isEmpty();
    }
  }

  @Test
  void anAnswerThatNeverSatisfiesIsAskedForOnceMoreAndThenAFailureWithoutAResult() {
    try (RealClaude claude = new RealClaude()) {
      Transcript transcript = claude.turn(o -> o.outputSchema(OTHER), "Give [[struct]]");

      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().reason()).isEqualTo("error_max_structured_output_retries");
      assertThat(transcript.outcome().structured()).isEmpty();
      assertThat(transcript.messages("result")).isEmpty();
      assertThat(transcript.all(AgentOutput.Superseded.class)).hasSize(2);
    }
  }

  @Test
  void anAnswerThatSatisfiesAtTheSecondAttemptIsTheOnlyResult() {
    try (RealClaude claude = new RealClaude()) {
      claude.model.add(
          Script.parse(
              """
              {"scenarios": {}, "rules": [
                {"name": "repaired", "when": "does not satisfy the required schema",
                 "steps": [{"struct": {"ok": true, "files": []}}, {"text": "there"}]},
                {"name": "unwilling", "when": "Give me the data|structured-output-enforce",
                 "steps": [{"text": "no"}]}]}
              """
                  .getBytes(UTF_8)));
      Transcript transcript = claude.turn(o -> o.outputSchema(SCHEMA), "Give me the data");

      assertThat(transcript.outcome().success()).as(transcript.toString()).isTrue();
      assertThat(transcript.outcome().structured().orElseThrow().toString())
          .isEqualTo("{\"ok\":true,\"files\":[]}");
      assertThat(transcript.messages("result")).hasSize(1);
      assertThat(transcript.all(AgentOutput.Superseded.class)).hasSize(1);
    }
  }
}
