package dev.dunes.agent.codex;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.Attachment;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ContentPart.Visibility;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.agent.UniversalItem.Status;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Pictures;
import dev.dunes.agent.harness.RealAgent;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.RecordedRequest;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.Step;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What a user gets, with the real program. */
@Timeout(240)
final class RealCodexTest {
  static final String MODEL = "scripted-1";

  @Test
  void aPromptWithACommandAndNoKeyAnywhere() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.open(o -> o.model(MODEL).partialMessages(true))) {
      session.send(new Prompt("Please do [[hello]]"));
      Transcript transcript = Transcript.turn(session);

      assertThat(codex.file("/home/user/hello.txt")).isEqualTo("hi\n");
      assertThat(transcript.outcome().success()).isTrue();
      assertThat(transcript.outcome().text()).contains("Done. hello.txt contains hi.");
      assertThat(transcript.outcome().turns()).isEqualTo(2);
      assertThat(transcript.outcome().tokens()).isEqualTo(new TokenUsage(240, 0, 40));
      assertThat(session.nativeSessionId()).isPresent();
      assertThat(transcript.events(AgentEvent.SessionStarted.class)).hasSize(1);
      assertThat(transcript.items().stream().filter(item -> item.kind() == Kind.MESSAGE))
          .extracting(UniversalItem::role, UniversalItem::content)
          .containsExactly(
              tuple(Optional.of(Role.USER), List.of(new ContentPart.Text("Please do [[hello]]"))),
              tuple(
                  Optional.of(Role.ASSISTANT),
                  List.of(new ContentPart.Text("I will create the file."))),
              tuple(
                  Optional.of(Role.ASSISTANT),
                  List.of(new ContentPart.Text("Done. hello.txt contains hi."))));
      assertThat(transcript.results()).isEqualTo("hi\n");
      assertThat(
              transcript.events(AgentEvent.ItemDelta.class).stream()
                  .map(AgentEvent.ItemDelta::delta))
          .startsWith("I will creat", "e the file.");
      assertThat(codex.model.requests())
          .isNotEmpty()
          .allSatisfy(request ->
              assertThat(request.headers().get("authorization"))
                  .containsExactly("Bearer run-token-1"));
      assertThat(codex.model.unknownRoutes()).isZero();

      session.send(new Prompt("Once more [[text]]"));
      assertThat(Transcript.turn(session).outcome().tokens()).isEqualTo(new TokenUsage(120, 0, 20));
    }
  }

  @Test
  void theTokenIsNoArgumentAndNothingThatCommandsSee() {
    try (RealAgent codex = new RealAgent("codex")) {
      codex.model.add(
          Scenario.of(
              "look",
              Answer.of(new Step.Shell("env; tr '\\0' ' ' < /proc/$PPID/cmdline")),
              Answer.of(new Step.Text("looked"))));
      Transcript transcript = codex.turn(o -> o.model(MODEL).env("EXTRA", "yes"), "Do [[look]]");

      assertThat(transcript.results())
          .contains("EXTRA=yes")
          .contains("app-server")
          .doesNotContain("run-token-1");
      assertThat(codex.file("/home/user/.codex/config.toml")).doesNotContain("run-token-1");
      assertThat(codex.sandbox.files().stat("/home/user/.codex/config.toml").mode())
          .isEqualTo(0600);
    }
  }

  @Test
  void aCommandThatFailsAndThoughts() {
    try (RealAgent codex = new RealAgent("codex")) {
      Transcript failed = codex.turn(o -> o.model(MODEL), "Do [[fail]]");
      assertThat(failed.items().stream().filter(item -> item.kind() == Kind.TOOL_RESULT))
          .singleElement()
          .satisfies(item -> assertThat(item.status()).isEqualTo(Status.FAILED));
      assertThat(failed.results()).isEqualTo("boom\n");
      assertThat(failed.outcome().success()).isTrue();

      Transcript thought = codex.turn(o -> o.model(MODEL), "Do [[think]]");
      assertThat(thought.parts(ContentPart.Reasoning.class))
          .containsExactly(
              new ContentPart.Reasoning("Let me think about it.", Visibility.PUBLIC),
              new ContentPart.Reasoning("Nearly there.", Visibility.PUBLIC));
      assertThat(thought.events(AgentEvent.ItemDelta.class)).isEmpty();
    }
  }

  @Test
  void messagesOf200KilobytesArriveWhole() {
    try (RealAgent codex = new RealAgent("codex")) {
      String text = "x".repeat(200 * 1024);
      codex.model.add(Scenario.of("large", Answer.of(new Step.Text(text))));
      Transcript transcript =
          codex.turn(o -> o.model(MODEL), "y".repeat(200 * 1024) + " [[large]]");

      assertThat(transcript.outcome().text()).contains(text);
      assertThat(transcript.all(AgentOutput.Text.class)).isEmpty();
      assertThat(lastBody(codex)).contains("y".repeat(200 * 1024));
    }
  }

  @Test
  void picturesAndFilesGoWithAPrompt() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.open(o -> o.model(MODEL))) {
      session.send(
          new Prompt(
              "Look [[text]]",
              List.of(
                  new Attachment.Image("image/png", Pictures.PNG),
                  new Attachment.File("/home/user/report.csv", Optional.of("text/csv")))));
      Transcript transcript = Transcript.turn(session);

      assertThat(lastBody(codex))
          .contains("input_image")
          .contains("data:image/png;base64,")
          .contains("- /home/user/report.csv (text/csv)");
      assertThat(transcript.parts(ContentPart.Image.class))
          .singleElement()
          .satisfies(image ->
              assertThat(codex.sandbox.files().readBytes(image.path())).isEqualTo(Pictures.PNG));

      assertThatThrownBy(() ->
              session.send(
                  new Prompt("x", List.of(new Attachment.Image("image/tiff", Pictures.PNG)))))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("invalid_attachment"));
    }
  }

  @Test
  void theModelItsEffortAndItsInstructionsAreWhatWasAskedFor() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session =
            codex.open(o ->
                o.model(MODEL)
                    .variant("high")
                    .systemPrompt(Json.MAPPER.valueToTree("ONLY-THIS"))
                    .appendSystemPrompt("AND-THAT"))) {
      session.send(new Prompt("Say [[text]]"));
      Transcript.turn(session);
      JsonNode first = Json.MAPPER.readTree(lastBody(codex));
      assertThat(first.path("model").asString()).isEqualTo(MODEL);
      assertThat(first.path("reasoning").path("effort").asString()).isEqualTo("high");
      assertThat(lastBody(codex)).contains("ONLY-THIS", "AND-THAT");

      session.setModel("scripted-2", Optional.of("low"));
      session.send(new Prompt("Say [[text]]"));
      Transcript.turn(session);
      JsonNode second = Json.MAPPER.readTree(lastBody(codex));
      assertThat(second.path("model").asString()).isEqualTo("scripted-2");
      assertThat(second.path("reasoning").path("effort").asString()).isEqualTo("low");

      assertThatThrownBy(() -> session.setModel("scripted-2", Optional.of("furious")))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("model_not_supported"));
    }
  }

  @Test
  void aPlanIsMadeAndThenBuilt() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.open(o -> o.model(MODEL).mode("plan"))) {
      codex.model.add(
          Scenario.of(
              "planned",
              Answer.of(
                  new Step.Text("<proposed_plan>\n1. Write it.\n2. Test it.\n</proposed_plan>"))));
      session.send(new Prompt("Plan [[planned]]"));
      Transcript planned = Transcript.turn(session);

      assertThat(lastBody(codex)).contains("Plan Mode");
      assertThat(planned.parts(ContentPart.Text.class))
          .anyMatch(text -> text.text().contains("1. Write it.\n2. Test it."));
      assertThatThrownBy(() -> session.setMode("dance"))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("mode_not_supported"));

      session.setMode("build");
      session.send(new Prompt("Now [[hello]]"));
      assertThat(Transcript.turn(session).outcome().success()).isTrue();
      assertThat(codex.file("/home/user/hello.txt")).isEqualTo("hi\n");
      assertThat(lastBody(codex).lastIndexOf("Collaboration Mode: Default"))
          .isGreaterThan(lastBody(codex).lastIndexOf("Plan Mode"));
    }
  }

  @Test
  void theNumberOfTurnsIsKept() {
    try (RealAgent codex = new RealAgent("codex")) {
      Transcript transcript = codex.turn(o -> o.model(MODEL).maxTurns(1), "Do [[two]]");

      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().reason()).isEqualTo("error_max_turns");
    }
  }

  @Test
  void whatCodexCannotDoIsRefused() {
    try (RealAgent codex = new RealAgent("codex")) {
      for (UnaryOperator<AgentOptions.Builder> change :
          List.<UnaryOperator<AgentOptions.Builder>>of(
              o -> o.allowedTools(List.of("Bash")),
              o -> o.subagents(Json.object()),
              o -> o.maxBudgetUsd(1))) {
        assertThatThrownBy(() -> codex.open(change))
            .isInstanceOfSatisfying(
                AgentException.class,
                e -> {
                  assertThat(e.code()).isEqualTo("invalid_options");
                  assertThat(e.remedy()).isPresent();
                });
      }
      assertThat(codex.processes()).isEmpty();
    }
  }

  @Test
  void aSubagentRunsToItsEndBeforeTheTurnEnds() {
    try (RealAgent codex = new RealAgent("codex")) {
      codex.model.add(
          Scenario.of(
              "child",
              Answer.of(new Step.Shell("sleep 1; echo child > child.txt")),
              Answer.of(new Step.Text("child done"))));
      codex.model.add(
          Scenario.of(
              "parent",
              Answer.of(new Step.Subagent("sub run", "Do [[child]]", Optional.empty())),
              Answer.of(new Step.Text("Subagent returned."))));
      Transcript transcript = codex.turn(o -> o.model(MODEL), "Delegate [[parent]]");

      assertThat(codex.file("/home/user/child.txt")).isEqualTo("child\n");
      assertThat(transcript.outcome().text()).contains("Subagent returned.");
      String call =
          transcript.parts(ContentPart.ToolCall.class).stream()
              .filter(each -> each.name().equals("spawnAgent"))
              .findFirst()
              .orElseThrow()
              .callId();
      assertThat(
              transcript.items().stream()
                  .filter(item -> item.content().contains(new ContentPart.Text("child done"))))
          .singleElement()
          .satisfies(item -> assertThat(item.parentId()).contains(call));
    }
  }

  @Test
  void aCommandInTheBackgroundIsWaitedFor() {
    try (RealAgent codex = new RealAgent("codex")) {
      JsonNode later =
          Json.object().put("cmd", "sleep 3; echo late > late.txt").put("yield_time_ms", 250);
      codex.model.add(
          Scenario.of(
              "later",
              Answer.of(new Step.RawTool("exec_command", later)),
              Answer.of(new Step.Text("started"))));
      Transcript transcript = codex.turn(o -> o.model(MODEL), "Do [[later]]");

      assertThat(codex.file("/home/user/late.txt")).isEqualTo("late\n");
      assertThat(transcript.outcome().text()).contains("started");
    }
  }

  static String lastBody(RealAgent codex) {
    RecordedRequest last = codex.model.requests().getLast();
    return new String(last.body(), UTF_8);
  }
}
