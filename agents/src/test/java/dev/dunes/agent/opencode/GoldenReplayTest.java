package dev.dunes.agent.opencode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.UniversalEvents;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Transcript;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Everything that was recorded from a real OpenCode server, played to our driver. */
@Timeout(60)
final class GoldenReplayTest {
  static Stream<Recording> all() {
    return Recording.all().stream().filter(each -> !each.name().equals("serve-prompt-while-busy"));
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyMessageIsPassedOnToTheByteAndTheTurnEndsOnce(Recording recording) {
    try (FakeOpenCode fake = new FakeOpenCode(recording);
        AgentSession session = fake.open(options(recording))) {
      session.send(new Prompt(recording.calls().getFirst().at("/body/parts/0/text").asString()));
      Transcript transcript = Transcript.turn(session, reacting(recording, session));

      assertThat(transcript.lines())
          .as(transcript.toString())
          .containsExactlyElementsOf(recording.messages());
      assertThat(session.nativeSessionId()).contains(recording.session());
      assertThat(fake.calls.stream().map(GoldenReplayTest::essence))
          .containsExactlyElementsOf(
              recording.calls().stream().map(GoldenReplayTest::essence).toList());
      assertEventsAreSound(transcript);
      assertThat(transcript.outcome().reason()).isEqualTo(reason(recording));
      assertThat(transcript.outcome().success()).isEqualTo(reason(recording).equals("success"));
    }
  }

  private static UnaryOperator<AgentOptions.Builder> options(Recording recording) {
    JsonNode schema = recording.calls().getFirst().at("/body/format/schema");
    return builder -> {
      builder.permissions(PermissionPolicy.ASK).model("scripted-1").partialMessages(true);
      return schema.isMissingNode() ? builder : builder.outputSchema(schema);
    };
  }

  private static String reason(Recording recording) {
    return switch (recording.name()) {
      case "serve-error-401" -> "APIError";
      case "serve-permission-reject", "serve-question-reject" -> "tool-calls";
      default -> recording.name().contains("interrupt") ? "interrupted" : "success";
    };
  }

  /** Does what was done when it was recorded, as soon as it can be done. */
  private static Consumer<AgentOutput> reacting(Recording recording, AgentSession session) {
    List<JsonNode> left = new ArrayList<>(recording.calls().subList(1, recording.calls().size()));
    return output -> {
      if (left.isEmpty()) {
        return;
      }
      JsonNode call = left.getFirst();
      String path = call.get("path").asString();
      boolean abort = path.endsWith("/abort");
      if (output instanceof AgentOutput.Ask ask) {
        switch (ask.event()) {
          case AgentEvent.PermissionRequested request when !abort -> {
            left.removeFirst();
            session.answerPermission(request.permissionId(), reply(call));
            if (recording.name().equals("serve-interrupt-tool")) {
              left.clear();
              session.interrupt();
            }
          }
          case AgentEvent.QuestionRequested question -> {
            left.removeFirst();
            if (path.endsWith("/reject")) {
              session.rejectQuestion(question.questionId());
            } else {
              session.answerQuestion(question.questionId(), List.of(List.of("Blue")));
            }
          }
          case AgentEvent.PermissionRequested request -> {
            left.removeFirst();
            session.interrupt();
          }
          default -> {}
        }
      } else if (abort
          && recording.name().equals("serve-interrupt-stream")
          && output.toString().contains("ItemDelta")) {
        left.removeFirst();
        session.interrupt();
      }
    };
  }

  private static PermissionReply reply(JsonNode call) {
    return PermissionReply.valueOf(
        call.at("/body/reply").asString().toUpperCase(java.util.Locale.ROOT));
  }

  /** What counts of a call: that a blocking one was recorded, or the words of a no, does not. */
  private static String essence(JsonNode call) {
    String path = call.get("path").asString().replaceAll("/message$", "/prompt_async");
    JsonNode body = call.path("body");
    return path
        + " "
        + body.at("/parts/0/text")
        + body.path("reply")
        + body.path("answers")
        + body.at("/format/schema");
  }

  private static void assertEventsAreSound(Transcript transcript) {
    for (AgentEvent event : transcript.events()) {
      assertThat(UniversalEvents.event(event.type(), UniversalEvents.data(event))).isEqualTo(event);
    }
    List<String> started = ids(transcript, AgentEvent.ItemStarted.class);
    List<String> completed = ids(transcript, AgentEvent.ItemCompleted.class);
    assertThat(started).doesNotHaveDuplicates();
    assertThat(completed).doesNotHaveDuplicates().containsAll(started);
    assertThat(
            transcript.events(AgentEvent.ItemDelta.class).stream()
                .map(delta -> delta.nativeItemId().orElseThrow()))
        .allMatch(started::contains);
    assertThat(transcript.events(AgentEvent.PermissionResolved.class))
        .hasSameSizeAs(transcript.events(AgentEvent.PermissionRequested.class));
    assertThat(transcript.events(AgentEvent.QuestionResolved.class))
        .hasSameSizeAs(transcript.events(AgentEvent.QuestionRequested.class));
  }

  private static List<String> ids(Transcript transcript, Class<? extends AgentEvent> type) {
    return transcript.events(type).stream()
        .map(event ->
            event instanceof AgentEvent.ItemStarted started
                ? started.item()
                : ((AgentEvent.ItemCompleted) event).item())
        .filter(item -> item.kind() != UniversalItem.Kind.STATUS)
        .map(item -> item.nativeItemId().orElseThrow())
        .toList();
  }

  @Test
  void tokensAreThoseOfTheTurnWithItsSubagents() {
    Transcript transcript = play("serve-subagent");

    assertThat(transcript.outcome().tokens()).isEqualTo(new TokenUsage(360, 0, 60));
    assertThat(transcript.outcome().turns()).isEqualTo(2);
    assertThat(
            transcript.events(AgentEvent.ItemCompleted.class).stream()
                .map(AgentEvent.ItemCompleted::item)
                .filter(item -> item.parentId().isPresent()))
        .hasSize(2)
        .allSatisfy(item -> assertThat(item.parentId()).contains("call_3b45a10b78331d5ce8ad"));
  }

  @Test
  void aTryAgainIsAStatusAndAnErrorIsToldOnce() {
    assertThat(statuses(play("serve-error-500-retry"))).containsExactly("retry", "turn.completed");
    assertThat(play("serve-error-401").events(AgentEvent.Failed.class)).hasSize(1);
  }

  private static List<String> statuses(Transcript transcript) {
    return RealOpenCodeTest.parts(transcript, ContentPart.Status.class)
        .map(ContentPart.Status::label)
        .toList();
  }

  @Test
  void theAnswerThatFollowsASchema() {
    assertThat(play("serve-structured").outcome().structured().orElseThrow().toString())
        .isEqualTo("{\"ok\":true,\"files\":[\"a.txt\"]}");
  }

  private static Transcript play(String name) {
    Recording recording = Recording.named(name);
    try (FakeOpenCode fake = new FakeOpenCode(recording);
        AgentSession session = fake.open(options(recording))) {
      session.send(new Prompt("go"));
      return Transcript.turn(session);
    }
  }

  /** The real one would never run the second prompt; ours is sent when the first turn is over. */
  @Test
  void aSecondPromptWaitsForTheSecondIdle() {
    Recording busy = Recording.named("serve-prompt-while-busy");
    List<JsonNode> calls = List.of(busy.calls().get(0), busy.calls().get(2));
    Recording ours =
        new Recording(
            busy.name(),
            busy.session(),
            calls,
            busy.events(),
            List.of(">1", "<14", "<5", ">1", "<7"));
    try (FakeOpenCode fake = new FakeOpenCode(ours);
        AgentSession session = fake.open(o -> o.partialMessages(true))) {
      session.send(new Prompt("Say [[slow]]"));
      session.send(new Prompt("Say [[text]]"));
      boolean[] stopped = {false};
      Transcript transcript =
          Transcript.turn(
              session,
              output -> {
                if (!stopped[0] && output.toString().contains("ItemDelta")) {
                  stopped[0] = true;
                  session.interrupt();
                }
              });

      assertThat(transcript.outcome().reason()).isEqualTo("interrupted");
      assertThat(transcript.all(AgentOutput.Superseded.class)).hasSize(1);
      assertThat(fake.calls.stream().map(call -> call.get("path").asString()))
          .containsExactly(
              "/session/" + busy.session() + "/prompt_async",
              "/session/" + busy.session() + "/abort");
    }
  }

  /** Who loses the events does not know what the server does: it is ended. */
  @Test
  void aStreamThatBreaksOffEndsTheSession() {
    Recording recording = new Recording("broken", "ses_1", List.of(), List.of(), List.of(">1"));
    try (FakeOpenCode fake = new FakeOpenCode(recording);
        AgentSession session = fake.open(o -> o)) {
      session.send(new Prompt("go"));
      fake.say("no json");
      fake.say(
          "{\"type\":\"session.status\",\"properties\":{\"sessionID\":\"ses_1\",\"status\":{\"type\":\"busy\"}}}");
      fake.breakOff();
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.all(AgentOutput.Text.class))
          .containsExactly(new AgentOutput.Text("no json"));
      assertThat(transcript.all(AgentOutput.TurnEnded.class)).isEmpty();
      assertThat(session.waitFor().code()).isEqualTo(137);
    }
  }

  @Test
  void whatItIsToldIsInItsEnvironmentAndItsTokenIsNotInItsConfiguration() {
    Recording recording = Recording.named("serve-error-401");
    JsonNode servers =
        Json.MAPPER.readTree(
            "{\"far\":{\"type\":\"http\",\"url\":\"http://x\",\"headers\":{\"a\":\"{env:HOME}\"}}}");
    try (FakeOpenCode fake = new FakeOpenCode(recording);
        AgentSession session =
            fake.open(
                o -> o.model("gpt-five").mcpServers(servers).permissions(PermissionPolicy.ASK))) {
      JsonNode config = fake.config();
      assertThat(session.modes().orElseThrow()).hasSize(2);
      assertThat(config.get("model").asString()).isEqualTo("gw-responses/gpt-five");
      JsonNode provider = config.at("/provider/gw-responses");
      assertThat(provider.get("npm").asString()).isEqualTo("@ai-sdk/openai");
      assertThat(provider.at("/options/apiKey").asString()).isEqualTo("{env:GW_KEY}");
      assertThat(config.toString()).doesNotContain("run-token");
      assertThat(config.at("/mcp/far/type").asString()).isEqualTo("remote");
      assertThat(config.at("/permission/bash").asString()).isEqualTo("ask");
      assertThat(config.at("/permission/read").asString()).isEqualTo("allow");
    }
  }
}
