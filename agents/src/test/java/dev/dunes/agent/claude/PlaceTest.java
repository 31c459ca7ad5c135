package dev.dunes.agent.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Transcript;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Where the program is run from, and what is written for it. */
final class PlaceTest {
  private static final String COPY = "/home/user/.local/share/dunes/agents/claude/2.1.329/claude";

  @Test
  void whereNothingCanBeMountedTheProgramIsCopiedOnce() {
    try (FakeClaude fake = FakeClaude.inLocalSandbox()) {
      Recording recording = Recording.named("oneshot");
      for (int i = 0; i < 2; i++) {
        try (AgentSession session = fake.play(recording, o -> o)) {
          session.send(new Prompt("go"));
          assertThat(Transcript.turn(session).lines())
              .containsExactlyElementsOf(recording.messages());
        }
        if (i == 0) {
          fake.sandbox().files().append(COPY, "# marked\n".getBytes(StandardCharsets.UTF_8));
        }
      }
      assertThat(fake.sandbox().files().readText(COPY)).endsWith("# marked\n");
      assertThat(fake.sandbox().files().stat(COPY).mode() & 0111).isNotZero();
      assertThat(fake.sandbox().files().stat("/home/user/.claude/settings.json").mode())
          .isEqualTo(0600);
    }
  }

  @Test
  void argumentsAreWhatTheOptionsSay() {
    try (FakeClaude fake = new FakeClaude();
        AgentSession session =
            fake.play(
                Recording.named("oneshot"),
                o ->
                    o.model("opus")
                        .maxTurns(7)
                        .maxBudgetUsd(0.5)
                        .resume("11111111-1111-4111-8111-111111111111", true)
                        .permissions(PermissionPolicy.ASK)
                        .mcpServers(
                            Json.MAPPER.readTree(
                                "{\"x\":{\"command\":\"c\",\"env\":{\"K\":\"s3cret\"}}}"))
                        .partialMessages(true))) {
      session.send(new Prompt("go"));
      Transcript.turn(session);

      List<String> argv = fake.note("argv");
      assertThat(argv.subList(0, 6))
          .containsExactly(
              "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose");
      assertThat(argv)
          .containsSequence("--permission-prompt-tool", "stdio")
          .containsSequence("--setting-sources", "user")
          .containsSequence("--model", "opus")
          .containsSequence("--max-turns", "7")
          .containsSequence("--max-budget-usd", "0.5")
          .containsSequence("--resume", "11111111-1111-4111-8111-111111111111", "--fork-session")
          .contains("--strict-mcp-config", "--include-partial-messages")
          .doesNotContain("--tools", "bypassPermissions")
          .noneMatch(argument -> argument.contains("s3cret"));
      assertThat(fake.note("env")).contains("ANTHROPIC_API_KEY=", "ANTHROPIC_AUTH_TOKEN=run-token");
    }
  }

  @Test
  void optionsThatMeanNothingAreRefused() {
    try (FakeClaude fake = new FakeClaude()) {
      JsonNode preset = Json.object().put("type", "preset").put("preset", "other");
      assertThatThrownBy(() -> fake.open(o -> o.systemPrompt(preset)))
          .isInstanceOf(AgentException.class)
          .hasMessageContaining("other");
      JsonNode nameless = Json.MAPPER.readTree("[{\"description\":\"d\",\"prompt\":\"p\"}]");
      assertThatThrownBy(() -> fake.open(o -> o.subagents(nameless)))
          .isInstanceOf(AgentException.class)
          .hasMessageContaining("no name");
    }
  }
}
