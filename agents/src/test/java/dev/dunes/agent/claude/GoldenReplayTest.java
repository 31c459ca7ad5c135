package dev.dunes.agent.claude;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.UniversalEvents;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Transcript;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Everything that was recorded from the real Claude Code, played to our driver. */
final class GoldenReplayTest {
  /** Played below, since the driver has to do something in the middle. */
  private static final Set<String> SPECIAL =
      Set.of(
          "error-bad-line",
          "interrupt-pending-permission",
          "interrupt-stream",
          "interrupt-tool",
          "mcp-in-host",
          "permission-deny-interrupt",
          "queue",
          "set-mode-and-model",
          "structured-invalid");

  static Stream<Recording> plain() {
    return Recording.all().stream().filter(each -> !SPECIAL.contains(each.name()));
  }

  @ParameterizedTest
  @MethodSource("plain")
  void everyMessageIsPassedOnToTheByteAndTheTurnEndsOnce(Recording recording) {
    try (FakeClaude fake = new FakeClaude();
        AgentSession session = fake.play(recording, o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Please do [[hello]]"));
      Transcript transcript = Transcript.toTheEnd(session, answering(recording, session));

      assertThat(transcript.lines())
          .as(transcript.toString())
          .containsExactlyElementsOf(recording.messages());
      assertThat(transcript.messages("result")).hasSize(1);
      assertThat(transcript.all(AgentOutput.TurnEnded.class)).hasSize(1);
      assertThat(transcript.outputs.get(transcript.outputs.size() - 2))
          .isInstanceOfSatisfying(
              AgentOutput.Message.class,
              last -> assertThat(Json.text(last.json(), "type", "")).isEqualTo("result"));
      assertThat(transcript.outcome().success()).isEqualTo(recording.exit() == 0);
      assertThat(session.waitFor().code()).isEqualTo(recording.exit());
      assertThat(session.nativeSessionId()).isPresent();
      assertThat(answersRead(fake)).usingRecursiveComparison().isEqualTo(answers(recording));
      assertEventsAreSound(transcript);
    }
  }

  private static Consumer<AgentOutput> answering(Recording recording, AgentSession session) {
    AtomicInteger at = new AtomicInteger();
    return output -> {
      if (!(output instanceof AgentOutput.Ask ask)) {
        return;
      }
      if (ask.event() instanceof AgentEvent.PermissionRequested request) {
        JsonNode answer = recording.answers().get(at.getAndIncrement()).at("/response/response");
        session.answerPermission(
            request.permissionId(),
            answer.get("behavior").asString().equals("deny")
                ? PermissionReply.REJECT
                : answer.has("updatedPermissions") ? PermissionReply.ALWAYS : PermissionReply.ONCE);
      } else if (ask.event() instanceof AgentEvent.QuestionRequested question) {
        JsonNode answer = recording.answers().get(at.getAndIncrement()).at("/response/response");
        if (answer.get("behavior").asString().equals("deny")) {
          session.rejectQuestion(question.questionId());
        } else {
          session.answerQuestion(question.questionId(), List.of(List.of("Blue")));
        }
      }
    };
  }

  /**
   * What we answered and what was answered when it was recorded; the words of denials may differ.
   */
  private static List<JsonNode> answersRead(FakeClaude fake) {
    return fake.read().stream()
        .map(Json.MAPPER::readTree)
        .filter(line -> Json.text(line, "type", "").equals("control_response"))
        .map(GoldenReplayTest::withoutWords)
        .toList();
  }

  private static List<JsonNode> answers(Recording recording) {
    return recording.answers().stream().map(GoldenReplayTest::withoutWords).toList();
  }

  private static JsonNode withoutWords(JsonNode line) {
    String text = line.toString().replaceAll("\"message\":\"[^\"]*\"", "\"message\":\"\"");
    return Json.MAPPER.readTree(text);
  }

  private static void assertEventsAreSound(Transcript transcript) {
    for (AgentEvent event : transcript.events()) {
      assertThat(event).isNotInstanceOf(AgentEvent.Unparsed.class);
      assertThat(UniversalEvents.event(event.type(), UniversalEvents.data(event))).isEqualTo(event);
    }
    List<String> calls =
        parts(transcript, ContentPart.ToolCall.class).map(ContentPart.ToolCall::callId).toList();
    List<String> results =
        parts(transcript, ContentPart.ToolResult.class)
            .map(ContentPart.ToolResult::callId)
            .toList();
    assertThat(calls).containsAll(results);
    // Each ask ends exactly once.
    assertThat(transcript.events(AgentEvent.PermissionResolved.class))
        .hasSameSizeAs(transcript.events(AgentEvent.PermissionRequested.class));
    assertThat(transcript.events(AgentEvent.QuestionResolved.class))
        .hasSameSizeAs(transcript.events(AgentEvent.QuestionRequested.class));
  }

  private static <T extends ContentPart> Stream<T> parts(Transcript transcript, Class<T> type) {
    return transcript.events(AgentEvent.ItemCompleted.class).stream()
        .flatMap(event -> event.item().content().stream())
        .filter(type::isInstance)
        .map(type::cast);
  }

  @Test
  void costIsThatOfTheTurnAlsoWhenTheConversationWasResumed() {
    assertThat(outcomeOf("resume-1").costUsd()).isEqualTo(0.00088);
    assertThat(outcomeOf("resume-2").costUsd()).isEqualTo(0.00176);
    assertThat(outcomeOf("resume-fork").costUsd()).isEqualTo(0.00088);
    assertThat(outcomeOf("subagent").costUsd()).isEqualTo(0.002662);
  }

  @Test
  void successIsComputedAndNotBelieved() {
    for (Map.Entry<String, String> each :
        Map.of(
                "error-401", "api_error",
                "error-529", "api_error",
                "error-dead-endpoint", "api_error",
                "error-no-key", "api_error",
                "error-max-turns", "error_max_turns",
                "resume-missing", "error_during_execution")
            .entrySet()) {
      assertThat(outcomeOf(each.getKey()))
          .as(each.getKey())
          .satisfies(outcome -> {
            assertThat(outcome.success()).isFalse();
            assertThat(outcome.reason()).isEqualTo(each.getValue());
            assertThat(outcome.text()).isPresent();
          });
    }
  }

  private static TurnOutcome outcomeOf(String name) {
    try (FakeClaude fake = new FakeClaude();
        AgentSession session = fake.play(Recording.named(name), o -> o)) {
      session.send(new Prompt("go"));
      return Transcript.toTheEnd(session).outcome();
    }
  }

  @Test
  void aSubagentsFirstResultIsNotTheEnd() {
    Recording recording = Recording.named("subagent");
    try (FakeClaude fake = new FakeClaude();
        AgentSession session = fake.play(recording, o -> o)) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.all(AgentOutput.Superseded.class)).hasSize(1);
      assertThat(transcript.messages("result"))
          .singleElement()
          .satisfies(json ->
              assertThat(json.at("/origin/kind").asString()).isEqualTo("task-notification"));
      assertThat(transcript.outcome().turns()).isEqualTo(3);
      assertThat(
              transcript.events(AgentEvent.ItemCompleted.class).stream()
                  .map(AgentEvent.ItemCompleted::item)
                  .filter(item -> item.kind() == UniversalItem.Kind.MESSAGE)
                  .flatMap(item -> item.parentId().stream()))
          .containsExactly("toolu_60800581d813c5c0ed23");
    }
  }

  @Test
  void thoughtsAndPiecesOfText() {
    try (FakeClaude fake = new FakeClaude();
        AgentSession session =
            fake.play(Recording.named("thinking"), o -> o.partialMessages(true))) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(parts(transcript, ContentPart.Reasoning.class).map(ContentPart.Reasoning::text))
          .containsExactly("Let me think about it.", "Nearly there.");
      List<AgentEvent.ItemDelta> deltas = transcript.events(AgentEvent.ItemDelta.class);
      assertThat(deltas.stream().map(AgentEvent.ItemDelta::delta))
          .containsExactly("Thought and ", "done.");
      assertThat(
              transcript.events(AgentEvent.ItemCompleted.class).stream()
                  .map(event -> event.item().nativeItemId().orElse("")))
          .contains(deltas.getFirst().nativeItemId().orElseThrow());
      assertThat(fake.note("argv")).contains("--include-partial-messages");
    }
  }

  @Test
  void anInterruptWithdrawsWhatIsAsked() {
    Recording recording = Recording.named("interrupt-pending-permission");
    try (FakeClaude fake = new FakeClaude();
        AgentSession session = fake.play(recording, o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("go"));
      Transcript transcript =
          Transcript.toTheEnd(
              session,
              output -> {
                if (output instanceof AgentOutput.Ask ask
                    && ask.event() instanceof AgentEvent.PermissionRequested) {
                  session.interrupt();
                }
              });

      assertThat(transcript.lines()).containsExactlyElementsOf(recording.messages());
      assertThat(transcript.events(AgentEvent.PermissionResolved.class))
          .singleElement()
          .satisfies(
              event -> assertThat(event.status()).isEqualTo(AgentEvent.PermissionStatus.DENIED));
      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().reason()).isEqualTo("error_during_execution");
    }
  }

  @Test
  void anInterruptWhileTheModelWrites() {
    Recording recording = Recording.named("interrupt-stream");
    try (FakeClaude fake = new FakeClaude();
        AgentSession session = fake.play(recording, o -> o.partialMessages(true))) {
      session.send(new Prompt("go"));
      Transcript transcript =
          Transcript.toTheEnd(
              session,
              output -> {
                if (output instanceof AgentOutput.Message message
                    && message.events().stream().anyMatch(AgentEvent.ItemDelta.class::isInstance)) {
                  session.interrupt();
                }
              });

      assertThat(transcript.lines()).containsExactlyElementsOf(recording.messages());
      assertThat(transcript.outcome().success()).isFalse();
    }
  }

  @Test
  void anInterruptWhileAToolRuns() {
    Recording recording = Recording.named("interrupt-tool");
    try (FakeClaude fake = new FakeClaude();
        AgentSession session = fake.play(recording, o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("go"));
      Transcript transcript =
          Transcript.toTheEnd(
              session,
              output -> {
                if (!(output instanceof AgentOutput.Ask ask)) {
                  return;
                }
                if (ask.event() instanceof AgentEvent.PermissionRequested request) {
                  session.answerPermission(request.permissionId(), PermissionReply.ONCE);
                } else {
                  session.interrupt();
                }
              });

      assertThat(transcript.lines()).containsExactlyElementsOf(recording.messages());
      assertThat(transcript.outcome().success()).isFalse();
    }
  }

  @Test
  void aSecondPromptWaitsForTheEndOfTheFirstTurn() {
    Recording recording = Recording.named("resume-2");
    try (FakeClaude fake = new FakeClaude();
        AgentSession session = fake.play(twice(recording), o -> o)) {
      session.send(new Prompt("one"));
      session.send(new Prompt("two"));
      Transcript first = Transcript.turn(session);
      Transcript second = Transcript.turn(session);

      assertThat(first.lines()).isEqualTo(second.lines());
      session.endInput();
      assertThat(session.next()).isEmpty();
      assertThat(
              fake.read().stream()
                  .map(line -> Json.MAPPER.readTree(line).at("/message/content").asString()))
          .containsExactly("one", "two");
    }
  }

  private static Recording twice(Recording recording) {
    String block = recording.order().getLast();
    return new Recording(
        recording.name(),
        recording.stdin(),
        Stream.concat(recording.stdout().stream(), recording.stdout().stream()).toList(),
        Arrays.asList(">1", block, ">1", block),
        0);
  }

  /** Hooks and messages of MCP servers in the host: all answered, none passed on. */
  @Test
  void requestsThatWeDoNotServeAreRefusedAtOnce() {
    Recording recording = Recording.named("mcp-in-host");
    try (FakeClaude fake = new FakeClaude();
        AgentSession session = fake.play(recording, o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("one"));
      session.send(new Prompt("two"));
      Transcript first =
          Transcript.turn(
              session,
              output -> {
                if (output instanceof AgentOutput.Ask ask
                    && ask.event() instanceof AgentEvent.PermissionRequested request) {
                  session.answerPermission(request.permissionId(), PermissionReply.ONCE);
                }
              });

      assertThat(first.outcome().text()).contains("MCP said pong.");
      assertThat(fake.read().stream().filter(line -> line.contains("\"subtype\":\"error\"")))
          .isNotEmpty();
      assertThat(recording.messages()).containsAll(first.lines());
    }
  }

  /** A process that ends without a result has crashed: no end of a turn is made up. */
  @Test
  void noResultIsMadeUp() {
    try (FakeClaude fake = new FakeClaude();
        AgentSession session =
            fake.play(Recording.named("error-bad-line"), o -> o.env("HASTY", "1"))) {
      session.send(new Prompt("go"));

      assertThat(session.next()).isEmpty();
      assertThat(session.waitFor().code()).isEqualTo(1);
    }
  }
}
