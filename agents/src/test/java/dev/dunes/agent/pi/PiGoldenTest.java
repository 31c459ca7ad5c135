package dev.dunes.agent.pi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.PermissionStatus;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Player;
import dev.dunes.agent.harness.Soundness;
import dev.dunes.agent.harness.Transcript;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What was recorded between our driver and the real pi, played to our driver again. */
final class PiGoldenTest {
  static Stream<String> recorded() {
    return Player.scenarios("pi").stream().filter(each -> each.startsWith("driver-"));
  }

  private static AgentSession play(Player player, boolean asks) {
    AgentOptions options =
        AgentOptions.builder(Player.NOWHERE)
            .model("scripted-1")
            .partialMessages(true)
            .permissions(asks ? PermissionPolicy.ASK : PermissionPolicy.ALLOW)
            .build();
    return new PiSession(new AgentProcess(player.sandbox.start(player.command())), options);
  }

  @ParameterizedTest
  @MethodSource("recorded")
  void isUnderstoodAndAnsweredAsItWas(String scenario) {
    boolean asks = scenario.contains("permission");
    try (Player player = new Player("pi", scenario);
        AgentSession session = play(player, asks)) {
      String prompt = Json.text(Json.MAPPER.readTree(player.stdin.get(1)), "message", "");
      session.send(new Prompt(prompt));
      Transcript transcript = Transcript.toTheEnd(session, acting(scenario, session));

      assertThat(player.read())
          .isEqualTo(player.stdin.stream().map(Json.MAPPER::readTree).toList());
      assertThat(transcript.all(AgentOutput.TurnEnded.class)).hasSize(1);
      assertThat(session.nativeSessionId()).isPresent();
      assertThat(session.waitFor().code()).isZero();
      Soundness.check(transcript.events());
      switch (scenario) {
        case "driver-text" -> {
          assertThat(transcript.outcome().text()).contains("Hello from the scripted model.");
          assertThat(transcript.events(AgentEvent.ItemDelta.class)).hasSizeGreaterThan(1);
          assertThat(transcript.outcome().tokens().input()).isPositive();
        }
        case "driver-permission-once" -> {
          assertThat(resolved(transcript)).containsExactly(PermissionStatus.APPROVED);
          assertThat(transcript.results()).contains("hi");
          assertThat(transcript.outcome().text()).contains("Done. hello.txt contains hi.");
        }
        case "driver-permission-reject" -> {
          assertThat(resolved(transcript)).containsExactly(PermissionStatus.DENIED);
          assertThat(transcript.outcome().success()).isTrue();
        }
        case "driver-interrupt-tool" -> {
          assertThat(transcript.outcome().success()).isFalse();
          assertThat(transcript.outcome().reason()).isEqualTo("interrupted");
        }
        case "driver-error-401" -> {
          assertThat(transcript.outcome().success()).isFalse();
          assertThat(transcript.outcome().text().orElseThrow()).contains("401");
          assertThat(transcript.events(AgentEvent.Failed.class)).isNotEmpty();
        }
        default -> throw new AssertionError("nobody looks at " + scenario);
      }
    }
  }

  private static List<PermissionStatus> resolved(Transcript transcript) {
    return transcript.events(AgentEvent.PermissionResolved.class).stream()
        .map(AgentEvent.PermissionResolved::status)
        .toList();
  }

  /** Does what was done when it was recorded. */
  private static Consumer<AgentOutput> acting(String scenario, AgentSession session) {
    return output -> {
      if (output instanceof AgentOutput.Ask ask
          && ask.event() instanceof AgentEvent.PermissionRequested request) {
        session.answerPermission(
            request.permissionId(),
            scenario.endsWith("reject") ? PermissionReply.REJECT : PermissionReply.ONCE);
      } else if (scenario.contains("interrupt")
          && output instanceof AgentOutput.Message message
          && message.events().stream().anyMatch(PiGoldenTest::callsTool)) {
        session.interrupt();
      }
    };
  }

  private static boolean callsTool(AgentEvent event) {
    return event instanceof AgentEvent.ItemCompleted done
        && done.item().kind() == UniversalItem.Kind.TOOL_CALL;
  }
}
