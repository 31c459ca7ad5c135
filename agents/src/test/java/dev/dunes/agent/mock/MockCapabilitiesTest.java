package dev.dunes.agent.mock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.Attachment;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ModelAccess;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.harness.Transcript;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** What the mock agent is said to do is what it does. Agent API, sheets 2.3 and 2.9. */
class MockCapabilitiesTest {
  @Test
  @SuppressWarnings("NullAway") // it is in this process: it looks at no sandbox
  void everyFlagIsShown() {
    MockAgent mock = new MockAgent(Duration.ZERO);
    AgentOptions options =
        AgentOptions.builder(new ModelAccess("http://127.0.0.1:1", "token", Map.of()))
            .partialMessages(true)
            .build();
    try (AgentSession session = mock.open(null, options)) {
      session.send(new Prompt("demo"));
      Transcript demo = Transcript.turn(session);
      session.setMode("plan");
      session.send(
          new Prompt(
              "echo planned",
              List.of(
                  new Attachment.Image("image/png", new byte[] {1}),
                  new Attachment.File("/tmp/x", Optional.empty()))));
      Transcript planned = Transcript.turn(session);
      session.send(new Prompt("end"));
      Transcript end = Transcript.toTheEnd(session);

      Map<String, Boolean> shown = new TreeMap<>();
      boolean went = planned.outcome().success();
      shown.put("planMode", went);
      shown.put("images", went && !demo.parts(ContentPart.Image.class).isEmpty());
      shown.put("fileAttachments", went);
      shown.put("permissions", has(demo, AgentEvent.PermissionRequested.class));
      shown.put("questions", has(demo, AgentEvent.QuestionRequested.class));
      shown.put("toolCalls", !demo.parts(ContentPart.ToolCall.class).isEmpty());
      shown.put("toolResults", !demo.parts(ContentPart.ToolResult.class).isEmpty());
      shown.put("textMessages", !demo.parts(ContentPart.Text.class).isEmpty());
      shown.put("sessionLifecycle", has(end, AgentEvent.SessionEnded.class));
      shown.put("errorEvents", has(demo, AgentEvent.Failed.class));
      shown.put("reasoning", !demo.parts(ContentPart.Reasoning.class).isEmpty());
      shown.put("status", !demo.parts(ContentPart.Status.class).isEmpty());
      shown.put(
          "commandExecution",
          demo.events(AgentEvent.PermissionRequested.class).stream()
              .anyMatch(asked -> asked.action().equals("command_execution")));
      shown.put(
          "fileChanges",
          demo.parts(ContentPart.FileRef.class).stream().anyMatch(f -> f.diff().isPresent()));
      shown.put(
          "mcpTools",
          demo.parts(ContentPart.ToolCall.class).stream()
              .anyMatch(call -> call.name().contains(".")));
      shown.put("streamingDeltas", has(demo, AgentEvent.ItemDelta.class));
      shown.put(
          "itemStarted",
          demo.events(AgentEvent.ItemStarted.class).stream()
              .anyMatch(s -> s.item().role().filter(UniversalItem.Role.USER::equals).isPresent()));
      shown.put("sharedProcess", false);

      Map<String, Boolean> said = new TreeMap<>();
      JsonMapper.shared()
          .valueToTree(mock.traits().capabilities())
          .forEachEntry((flag, value) -> said.put(flag, value.asBoolean()));
      assertThat(shown).isEqualTo(said).hasSize(18);
    }
  }

  private static boolean has(Transcript transcript, Class<? extends AgentEvent> type) {
    return !transcript.events(type).isEmpty();
  }
}
