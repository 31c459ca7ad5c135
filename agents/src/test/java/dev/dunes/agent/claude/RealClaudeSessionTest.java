package dev.dunes.agent.claude;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.Attachment;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Answering;
import dev.dunes.agent.harness.Pictures;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.Step;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What sessions want of the real program: modes, models, attachments, questions. */
@Timeout(240)
final class RealClaudeSessionTest {
  private static String lastBody(RealClaude claude) {
    return new String(claude.model.requests().getLast().body(), UTF_8);
  }

  private static String permissionMode(Transcript transcript) {
    return transcript.init().path("permissionMode").asString();
  }

  @Test
  void picturesAndFilesGoWithAPrompt() {
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o)) {
      session.send(
          new Prompt(
              "Look [[text]]",
              List.of(
                  new Attachment.Image("image/png", Pictures.PNG),
                  new Attachment.File("/home/user/report.csv", Optional.empty()))));
      Transcript transcript = Transcript.turn(session);

      assertThat(transcript.outcome().success()).isTrue();
      assertThat(lastBody(claude))
          .contains("\"type\":\"image\"")
          .contains(Base64.getEncoder().encodeToString(Pictures.PNG))
          .contains("- /home/user/report.csv");
      assertThatThrownBy(() ->
              session.send(
                  new Prompt("x", List.of(new Attachment.File("report.csv", Optional.empty())))))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("invalid_attachment"));
    }
  }

  @Test
  void modesAndModelsChangeFromTheNextMessageOn() {
    try (RealClaude claude = new RealClaude();
        AgentSession session =
            claude.open(o -> o.permissions(PermissionPolicy.ASK).mode("plan").variant("low"))) {
      session.send(new Prompt("Plan [[text]]"));
      Transcript planned = Transcript.turn(session);
      assertThat(permissionMode(planned)).isEqualTo("plan");
      assertThat(Json.MAPPER.readTree(lastBody(claude)).at("/output_config/effort").asString(""))
          .isEqualTo("low");

      session.setMode("build");
      session.setModel("claude-haiku-5-5", Optional.empty());
      session.send(new Prompt("Do [[hello]]"));
      Transcript built =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.ONCE));
      assertThat(permissionMode(built)).isEqualTo("default");
      assertThat(built.init().path("model").asString()).isEqualTo("claude-haiku-5-5");
      assertThat(built.events(AgentEvent.PermissionRequested.class)).hasSize(1);
      assertThat(claude.file("/home/user/hello.txt")).isEqualTo("hi\n");
      assertThat(built.outcome().tokens()).isEqualTo(new TokenUsage(240, 0, 40));

      session.setMode("plan");
      session.send(new Prompt("Plan [[text]]"));
      assertThat(permissionMode(Transcript.turn(session))).isEqualTo("plan");

      assertThatThrownBy(() -> session.setMode("dance"))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("mode_not_supported"));
      assertThatThrownBy(() -> session.setModel("x", Optional.of("max")))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("model_not_supported"));
    }
  }

  @Test
  void whoBypassesAskingDoesSoAgainAfterAPlan() {
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o.mode("plan"))) {
      session.send(new Prompt("Do [[hello]]"));
      Transcript planned = Transcript.turn(session);
      assertThat(permissionMode(planned)).isEqualTo("plan");

      session.setMode("build");
      session.send(new Prompt("Do [[hello]]"));
      Transcript built = Transcript.turn(session);
      assertThat(permissionMode(built)).isEqualTo("bypassPermissions");
      assertThat(built.events(AgentEvent.PermissionRequested.class)).isEmpty();
      assertThat(claude.file("/home/user/hello.txt")).isEqualTo("hi\n");
    }
  }

  @Test
  void whoMayOnlyLookChangesNothingAndAsksNobody() {
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o.permissions(PermissionPolicy.READ_ONLY))) {
      session.send(new Prompt("Do [[hello]]"));
      Transcript transcript = Transcript.turn(session);

      assertThat(transcript.events(AgentEvent.PermissionRequested.class)).isEmpty();
      assertThat(claude.sandbox.files().exists("/home/user/hello.txt")).isFalse();
      assertThatThrownBy(() -> session.setMode("build"))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("mode_not_supported"));
    }
  }

  @Test
  void aPlanIsProposedAndAccepted() {
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o.permissions(PermissionPolicy.ASK).mode("plan"))) {
      session.send(new Prompt("Plan [[plan]]"));
      Transcript transcript =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.ONCE));

      assertThat(transcript.events(AgentEvent.PermissionRequested.class))
          .extracting(AgentEvent.PermissionRequested::action)
          .containsExactly("ExitPlanMode");
      assertThat(transcript.outcome().text()).contains("Plan accepted.");
    }
  }

  @Test
  void severalQuestionsAtOnceAreAnsweredOneByOne() {
    JsonNode questions =
        Json.MAPPER.readTree(
            """
            {"questions": [
              {"header": "A", "question": "First?", "multiSelect": false, "options": [
                {"label": "One", "description": "1"}, {"label": "Two", "description": "2"}]},
              {"header": "B", "question": "Second?", "multiSelect": true, "options": [
                {"label": "Three", "description": "3"}, {"label": "Four", "description": "4"}]}]}
            """);
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o.permissions(PermissionPolicy.ASK))) {
      claude.model.add(
          Scenario.of(
              "two-questions",
              Answer.of(new Step.RawTool("AskUserQuestion", questions)),
              Answer.of(new Step.Text("Thanks."))));
      session.send(new Prompt("Ask [[two-questions]]"));
      List<String> ids = new ArrayList<>();
      Transcript transcript =
          Transcript.turn(
              session,
              output -> {
                if (output instanceof AgentOutput.Ask ask
                    && ask.event() instanceof AgentEvent.QuestionRequested question) {
                  ids.add(question.questionId());
                  if (ids.size() == 2) {
                    session.answerQuestion(ids.get(1), List.of(List.of("Three", "Four")));
                    session.answerQuestion(ids.get(0), List.of(List.of("One")));
                  }
                }
              });

      assertThat(ids.get(0)).endsWith(":0");
      assertThat(ids.get(1)).endsWith(":1");
      assertThat(transcript.events(AgentEvent.QuestionResolved.class)).hasSize(2);
      assertThat(transcript.results()).contains("One", "Three, Four");
    }
  }
}
