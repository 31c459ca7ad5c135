package dev.dunes.agent.acp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.UniversalEvents;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.gemini.GeminiProfile;
import dev.dunes.agent.harness.Player;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Everything that was recorded from real agents over ACP, played to our driver. */
final class AcpGoldenTest {
  private static final Map<String, AcpProfile> PROFILES =
      Map.of(
          "gemini", GeminiProfile.get(),
          "opencode-acp", AcpAgents.OPENCODE_PROFILE,
          "acp-claude-agent", AcpAgents.CLAUDE_PROFILE,
          "acp-codex", AcpAgents.CODEX_PROFILE);

  static Stream<Arguments> all() {
    return PROFILES.keySet().stream()
        .sorted()
        .flatMap(place ->
            Player.scenarios(place).stream().map(scenario -> Arguments.of(place, scenario)));
  }

  /** Without what is set at the start, which is not in the recordings. */
  private static AcpProfile profile(String place) {
    AcpProfile real = PROFILES.get(place);
    return new AcpProfile(
        real.id(),
        real.traits(),
        real.models(),
        Map.of(),
        real.modes(),
        real.toolNames(),
        real.notices(),
        real.thoughtPrefix(),
        Optional.empty(),
        List.of());
  }

  private static AgentSession play(String place, Player player) {
    AcpLaunch launch =
        new AcpLaunch() {
          @Override
          public AgentPlacement prepare(InstallProgress progress) {
            return Player.PLACEMENT;
          }

          @Override
          public Optional<AgentPlacement> installed() {
            return Optional.of(Player.PLACEMENT);
          }

          @Override
          public Command command(Sandbox sandbox, AgentHome home, AgentOptions options) {
            return player.command();
          }
        };
    return new AcpAgent(profile(place), launch)
        .open(
            player.sandbox,
            AgentOptions.builder(Player.NOWHERE)
                .permissions(PermissionPolicy.ASK)
                .partialMessages(true)
                .workingDir("/home/user/work")
                .home(player.directory.toString())
                .build());
  }

  @ParameterizedTest
  @MethodSource("all")
  void isUnderstood(String place, String scenario) {
    try (Player player = new Player(place, scenario);
        AgentSession session = play(place, player)) {
      session.send(new Prompt("Please do it"));
      Transcript transcript = Transcript.toTheEnd(session, acting(player, scenario, session));

      boolean cancelled = scenario.contains("cancel");
      assertThat(transcript.all(AgentOutput.TurnEnded.class)).hasSize(1);
      assertThat(transcript.outcome().success()).as(transcript.toString()).isEqualTo(!cancelled);
      assertThat(transcript.outcome().reason()).isEqualTo(cancelled ? "interrupted" : "success");
      assertThat(session.nativeSessionId()).isPresent();
      assertThat(transcript.lines()).containsExactlyElementsOf(messages(player, transcript));
      assertThat(answers(player.read())).isEqualTo(answers(player.stdin));
      assertEventsAreSound(transcript);
      if (!cancelled) {
        assertThat(transcript.outcome().text().orElseThrow()).isNotBlank();
        assertThat(transcript.outcome().tokens().input()).isPositive();
      }
      if (scenario.endsWith("permission-allow") || scenario.equals("oneshot")) {
        assertThat(transcript.parts(ContentPart.ToolCall.class))
            .singleElement()
            .satisfies(call -> {
              assertThat(call.name()).isIn("run_shell_command", "bash", "Bash", "exec_command");
              assertThat(Json.MAPPER.readTree(call.arguments()).path("command").asString())
                  .isEqualTo("echo hi > hello.txt && cat hello.txt");
            });
        assertThat(transcript.results()).isEqualTo(place.equals("gemini") ? "" : results(place));
        assertThat(transcript.outcome().text()).contains("Done. hello.txt contains hi.");
      }
    }
  }

  private static String results(String place) {
    return place.equals("acp-claude-agent") ? "hi" : "hi\n";
  }

  /** Does what was done when it was recorded, where it was done. */
  private static Consumer<AgentOutput> acting(
      Player player, String scenario, AgentSession session) {
    boolean reject = scenario.contains("reject");
    boolean stream = scenario.contains("cancel-stream");
    boolean tool = scenario.contains("cancel-tool");
    boolean asks = player.stdin.stream().anyMatch(line -> line.contains("optionId"));
    return output -> {
      if (output instanceof AgentOutput.Ask ask) {
        if (ask.event() instanceof AgentEvent.PermissionRequested request) {
          session.answerPermission(
              request.permissionId(), reject ? PermissionReply.REJECT : PermissionReply.ONCE);
        } else if (ask.event() instanceof AgentEvent.QuestionRequested question) {
          assertThat(question.prompt()).isEqualTo("Which colour?");
          assertThat(question.options()).startsWith("Red", "Blue");
          session.answerQuestion(question.questionId(), List.of(List.of("Blue")));
        } else if (tool && ask.event() instanceof AgentEvent.PermissionResolved) {
          session.interrupt();
        }
      } else if (output instanceof AgentOutput.Message message) {
        for (AgentEvent event : message.events()) {
          boolean text = event instanceof AgentEvent.ItemDelta;
          boolean call =
              event instanceof AgentEvent.ItemCompleted done
                  && done.item().kind() == UniversalItem.Kind.TOOL_CALL;
          if ((stream && text) || (tool && !asks && call)) {
            session.interrupt();
          }
        }
      }
    };
  }

  /** All but our dialogue with the agent; a request that told of a tool is shown, too. */
  private static List<String> messages(Player player, Transcript transcript) {
    return player.stdout.stream()
        .filter(line -> {
          JsonNode json = Json.MAPPER.readTree(line);
          boolean ours = json.path("id").asInt(0) == 1 && json.has("result");
          boolean request = json.has("method") && json.has("id");
          return !ours && (!request || transcript.lines().contains(line));
        })
        .toList();
  }

  private static List<String> answers(List<?> lines) {
    return lines.stream()
        .map(line -> line instanceof JsonNode json ? json : Json.MAPPER.readTree("" + line))
        .filter(line -> line.has("result"))
        .map(line -> line.path("result"))
        .map(result ->
            result.has("action")
                ? result.path("action").asString()
                : result.path("outcome").toString())
        .toList();
  }

  private static void assertEventsAreSound(Transcript transcript) {
    for (AgentEvent event : transcript.events()) {
      assertThat(UniversalEvents.event(event.type(), UniversalEvents.data(event))).isEqualTo(event);
    }
    List<String> calls =
        transcript.parts(ContentPart.ToolCall.class).stream()
            .map(ContentPart.ToolCall::callId)
            .toList();
    assertThat(calls)
        .doesNotHaveDuplicates()
        .containsExactlyElementsOf(
            transcript.parts(ContentPart.ToolResult.class).stream()
                .map(ContentPart.ToolResult::callId)
                .toList());
    assertThat(transcript.events(AgentEvent.PermissionResolved.class))
        .hasSameSizeAs(transcript.events(AgentEvent.PermissionRequested.class));
    assertThat(transcript.events(AgentEvent.QuestionResolved.class))
        .hasSameSizeAs(transcript.events(AgentEvent.QuestionRequested.class));
  }
}
