package dev.dunes.agent.codex;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Answering;
import dev.dunes.agent.harness.Soundness;
import dev.dunes.agent.harness.Transcript;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Everything that was recorded from the real {@code codex app-server}, played to our driver. */
final class CodexGoldenReplayTest {
  private static final JsonNode SCHEMA =
      Json.MAPPER.readTree("{\"type\":\"object\",\"required\":[\"ok\"]}");

  /** Played below, since the driver has to do something in the middle. */
  private static final Set<String> SPECIAL =
      Set.of(
          "error-dead-endpoint",
          "interrupt-command",
          "interrupt-pending-approval",
          "interrupt-stream",
          "permission-accept-for-session",
          "steer");

  static Stream<CodexRecording> plain() {
    return CodexRecording.all().stream().filter(each -> !SPECIAL.contains(each.name()));
  }

  static Stream<CodexRecording> all() {
    return CodexRecording.all().stream();
  }

  @ParameterizedTest
  @MethodSource("plain")
  void messagesArriveAsTheyWereWritten(CodexRecording recording) {
    try (FakeCodex fake = new FakeCodex();
        AgentSession session =
            fake.play(
                recording,
                o -> {
                  o.permissions(PermissionPolicy.ASK).partialMessages(true);
                  if (recording.name().startsWith("structured")) {
                    o.outputSchema(SCHEMA);
                  }
                  return recording.name().equals("resume-2")
                      ? o.resume("01a1fb50-9344-70b3-9a8b-c39f84447b8f", false)
                      : o;
                })) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session, answering(recording, session));

      assertThat(withoutStart(transcript)).containsExactlyElementsOf(recording.notifications());
      assertThat(transcript.all(AgentOutput.Text.class)).isEmpty();
      assertThat(transcript.all(AgentOutput.TurnEnded.class)).hasSize(1);
      assertThat(transcript.outputs.getLast()).isInstanceOf(AgentOutput.TurnEnded.class);
      assertThat(transcript.outcome().success())
          .isEqualTo(!recording.name().equals("error-401") && !cancelled(recording));
      assertThat(session.nativeSessionId()).isPresent();
      assertThat(answersRead(fake)).isEqualTo(expected(recording));
      Soundness.check(transcript.events());
    }
  }

  private static boolean cancelled(CodexRecording recording) {
    return recording.name().equals("permission-cancel");
  }

  /** The answer to the request that opened the thread is a message, too: it tells the beginning. */
  private static List<String> withoutStart(Transcript transcript) {
    return transcript.lines().stream().filter(line -> line.contains("\"method\":")).toList();
  }

  private static Consumer<AgentOutput> answering(CodexRecording recording, AgentSession session) {
    AtomicInteger at = new AtomicInteger();
    return output -> {
      if (!(output instanceof AgentOutput.Ask ask)) {
        return;
      }
      if (ask.event() instanceof AgentEvent.PermissionRequested request) {
        JsonNode answer = recording.answers().get(at.getAndIncrement()).path("result");
        String word = answer.path("decision").asString("") + answer.path("action").asString("");
        session.answerPermission(
            request.permissionId(),
            switch (word) {
              case "accept" -> PermissionReply.ONCE;
              case "acceptForSession" -> PermissionReply.ALWAYS;
              default -> PermissionReply.REJECT;
            });
      } else if (ask.event() instanceof AgentEvent.QuestionRequested question) {
        session.answerQuestion(question.questionId(), List.of(List.of("Blue")));
      }
    };
  }

  /** What we answered; a host tool was served when it was recorded, and is refused by us. */
  private static List<JsonNode> answersRead(FakeCodex fake) {
    return fake.read().stream()
        .map(Json.MAPPER::readTree)
        .filter(line -> line.has("result"))
        .toList();
  }

  private static List<JsonNode> expected(CodexRecording recording) {
    return switch (recording.name()) {
      case "dynamic-tool" -> List.of();
      case "permission-cancel" ->
          List.of(Json.MAPPER.readTree("{\"id\":0,\"result\":{\"decision\":\"decline\"}}"));
      default -> recording.answers();
    };
  }

  @Test
  void aRequestThatWeDoNotServeIsRefusedAtOnce() {
    try (FakeCodex fake = new FakeCodex();
        AgentSession session = fake.play(CodexRecording.named("dynamic-tool"), o -> o)) {
      session.send(new Prompt("go"));
      assertThat(Transcript.toTheEnd(session).outcome().success()).isTrue();

      assertThat(fake.read()).anyMatch(line -> line.contains("-32601"));
    }
  }

  /** Also of what is not played: a turn that was steered. */
  @ParameterizedTest
  @MethodSource("all")
  void whatItMeansIsSound(CodexRecording recording) {
    CodexEvents events = new CodexEvents(true);
    List<AgentEvent> all =
        recording.notifications().stream()
            .map(Json.MAPPER::readTree)
            .flatMap(json -> events.of(json.get("method").asString(), json.get("params")).stream())
            .toList();

    assertThat(all).isNotEmpty();
    Soundness.check(Stream.concat(all.stream(), events.unfinished().stream()).toList());
  }

  @Test
  void tokensAreThoseOfTheTurnAlsoWhenTheConversationWasResumed() {
    assertThat(outcomeOf("resume-1").tokens()).isEqualTo(new TokenUsage(120, 0, 20));
    assertThat(outcomeOf("resume-2").tokens()).isEqualTo(new TokenUsage(240, 0, 40));
    // Those of its subagent, too.
    assertThat(outcomeOf("subagent").tokens()).isEqualTo(new TokenUsage(360, 0, 60));
    assertThat(outcomeOf("subagent").turns()).isEqualTo(2);
  }

  @Test
  void aFailedTurnSaysWhy() {
    TurnOutcome outcome = outcomeOf("error-401");

    assertThat(outcome.success()).isFalse();
    assertThat(outcome.reason()).isEqualTo("httpConnectionFailed");
    assertThat(outcome.text().orElseThrow()).contains("401 Unauthorized");
  }

  private static TurnOutcome outcomeOf(String name) {
    try (FakeCodex fake = new FakeCodex();
        AgentSession session =
            fake.play(
                CodexRecording.named(name),
                o -> name.equals("resume-2") ? o.resume("x", false) : o)) {
      session.send(new Prompt("go"));
      return Transcript.toTheEnd(session).outcome();
    }
  }

  @Test
  void whatASubagentSaysHasTheCallThatStartedItAsParent() {
    try (FakeCodex fake = new FakeCodex();
        AgentSession session = fake.play(CodexRecording.named("subagent"), o -> o)) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(
              transcript.items().stream()
                  .filter(item ->
                      item.content()
                          .contains(new ContentPart.Text("Hello from the scripted model.")))
                  .map(UniversalItem::parentId)
                  .map(parent -> parent.orElse("")))
          .containsExactly("call_90c877813df175fb1918");
      assertThat(transcript.outcome().text()).contains("Subagent returned.");
    }
  }

  @Test
  void anAlwaysIsRemembered() {
    CodexRecording recording = CodexRecording.named("permission-accept-for-session");
    try (FakeCodex fake = new FakeCodex();
        AgentSession session = fake.play(recording, o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("one"));
      session.send(new Prompt("two"));
      Transcript first =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.ALWAYS));
      Transcript second = Transcript.turn(session);

      assertThat(first.events(AgentEvent.PermissionRequested.class)).hasSize(1);
      assertThat(second.events(AgentEvent.PermissionRequested.class)).isEmpty();
      assertThat(answersRead(fake)).isEqualTo(recording.answers());
    }
  }

  @Test
  void anInterruptWhileTheModelWrites() {
    assertInterrupted("interrupt-stream", AgentEvent.ItemDelta.class);
  }

  @Test
  void anInterruptWhileTheModelIsNotThere() {
    assertInterrupted("error-dead-endpoint", AgentEvent.Failed.class);
  }

  @Test
  void anInterruptWithdrawsWhatIsAsked() {
    Transcript transcript =
        assertInterrupted("interrupt-pending-approval", AgentEvent.PermissionRequested.class);

    assertThat(transcript.events(AgentEvent.PermissionResolved.class))
        .singleElement()
        .satisfies(
            event -> assertThat(event.status()).isEqualTo(AgentEvent.PermissionStatus.DENIED));
  }

  @Test
  void anInterruptEndsTheCommandThatRuns() {
    CodexRecording recording = CodexRecording.named("interrupt-command");
    try (FakeCodex fake = new FakeCodex();
        AgentSession session = fake.play(recording, o -> o)) {
      session.send(new Prompt("go"));
      Transcript transcript =
          Transcript.toTheEnd(
              session,
              output -> {
                if (output instanceof AgentOutput.Message message
                    && message.json().path("method").asString("").equals("item/started")
                    && message
                        .json()
                        .at("/params/item/type")
                        .asString("")
                        .equals("commandExecution")) {
                  session.interrupt();
                }
              });

      assertThat(transcript.outcome().reason()).isEqualTo("interrupted");
      assertThat(withoutStart(transcript))
          .containsExactlyInAnyOrderElementsOf(recording.notifications());
      assertThat(fake.read()).anyMatch(line -> line.contains("thread/backgroundTerminals/clean"));
      Soundness.check(transcript.events());
    }
  }

  private static Transcript assertInterrupted(String name, Class<? extends AgentEvent> at) {
    CodexRecording recording = CodexRecording.named(name);
    try (FakeCodex fake = new FakeCodex();
        AgentSession session =
            fake.play(recording, o -> o.partialMessages(true).permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("go"));
      Transcript transcript = Transcript.toTheEnd(session, Answering.once(at, session::interrupt));

      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().reason()).isEqualTo("interrupted");
      assertThat(fake.read()).anyMatch(line -> line.contains("turn/interrupt"));
      Soundness.check(transcript.events());
      return transcript;
    }
  }
}
