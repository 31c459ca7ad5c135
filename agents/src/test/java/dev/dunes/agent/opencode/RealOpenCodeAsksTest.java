package dev.dunes.agent.opencode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.PermissionStatus;
import dev.dunes.agent.AgentEvent.QuestionStatus;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.Attachment;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Answering;
import dev.dunes.agent.harness.Delivered;
import dev.dunes.agent.harness.RealAgent;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Fault;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.Step;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What the real OpenCode asks, and what becomes of the answers. */
@Timeout(300) // each server takes seconds of a processor to start
final class RealOpenCodeAsksTest {
  @Test
  void permissionOnceAlwaysAndNot() {
    try (RealAgent opencode = new RealAgent("opencode");
        AgentSession session = opencode.open(o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Please do [[hello]]"));
      Transcript rejected = Transcript.turn(session, replying(session, PermissionReply.REJECT));
      assertThat(opencode.sandbox.files().exists("/home/user/hello.txt")).isFalse();
      assertThat(statuses(rejected)).containsExactly(PermissionStatus.DENIED);
      // The model was told, and the turn went on.
      assertThat(rejected.outcome().turns()).isEqualTo(2);
      assertThat(RealOpenCodeTest.items(rejected, UniversalItem.Kind.TOOL_RESULT))
          .singleElement()
          .satisfies(item -> assertThat(item.content().toString()).contains("does not allow this"));

      session.send(new Prompt("Please do [[hello]]"));
      Transcript once = Transcript.turn(session, replying(session, PermissionReply.ONCE));
      assertThat(opencode.file("/home/user/hello.txt")).isEqualTo("hi\n");
      AgentEvent.PermissionRequested request =
          once.events(AgentEvent.PermissionRequested.class).getFirst();
      assertThat(request.action()).isEqualTo("bash");
      assertThat(request.metadata().orElseThrow().at("/metadata/command").asString())
          .contains("echo hi");
      assertThatThrownBy(
              () -> session.answerPermission(request.permissionId(), PermissionReply.ONCE))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("unknown_request"));

      session.send(new Prompt("Please do [[hello]]"));
      Transcript always = Transcript.turn(session, replying(session, PermissionReply.ALWAYS));
      assertThat(statuses(always)).containsExactly(PermissionStatus.APPROVED);
      session.send(new Prompt("Please do [[hello]]"));
      assertThat(statuses(Transcript.turn(session))).isEmpty();

      session.send(new Prompt("Do [[edit]] in [[cwd:/home/user]]"));
      Transcript edited = Transcript.turn(session, replying(session, PermissionReply.ONCE));
      assertThat(edited.events(AgentEvent.PermissionRequested.class))
          .extracting(AgentEvent.PermissionRequested::action)
          .containsExactly("edit", "edit");
      assertThat(opencode.file("/home/user/edited.txt")).isEqualTo("after\n");
    }
  }

  @Test
  void questionsOneAndSeveral() {
    try (RealAgent opencode = new RealAgent("opencode");
        AgentSession session = opencode.open(o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Ask [[ask]]"));
      Transcript one =
          Transcript.turn(
              session,
              on(
                  AgentEvent.QuestionRequested.class,
                  question ->
                      session.answerQuestion(question.questionId(), List.of(List.of("Blue")))));
      assertThat(one.outcome().text()).contains("Thanks for answering.");
      assertThat(one.events(AgentEvent.QuestionRequested.class))
          .singleElement()
          .satisfies(question -> {
            assertThat(question.prompt()).isEqualTo("Which colour?");
            assertThat(question.options()).containsExactly("Red", "Blue");
          });
      assertThat(one.events(AgentEvent.QuestionResolved.class))
          .singleElement()
          .satisfies(question -> assertThat(question.response()).contains("Blue"));
      assertThat(toolOutput(one)).contains("Blue");

      opencode.model.add(
          Scenario.of(
              "both",
              Answer.of(new Step.RawTool("question", Json.MAPPER.readTree(TWO))),
              Answer.of(new Step.Text("Both known."))));
      session.send(new Prompt("Ask [[both]]"));
      Transcript both =
          Transcript.turn(
              session,
              on(
                  AgentEvent.QuestionRequested.class,
                  question ->
                      session.answerQuestion(
                          question.questionId(),
                          List.of(
                              List.of(question.questionId().endsWith(":0") ? "Small" : "North")))));
      assertThat(both.events(AgentEvent.QuestionResolved.class))
          .extracting(AgentEvent.QuestionResolved::status)
          .containsExactly(QuestionStatus.ANSWERED, QuestionStatus.ANSWERED);
      assertThat(toolOutput(both)).contains("Small", "North");

      session.send(new Prompt("Ask [[ask]]"));
      Transcript declined =
          Transcript.turn(
              session,
              on(
                  AgentEvent.QuestionRequested.class,
                  question -> session.rejectQuestion(question.questionId())));
      assertThat(declined.events(AgentEvent.QuestionResolved.class))
          .singleElement()
          .satisfies(question -> assertThat(question.status()).isEqualTo(QuestionStatus.REJECTED));
      assertThat(declined.outcome().success()).isFalse();
    }
  }

  private static final String TWO =
      """
      {"questions":[
        {"question":"How big?","header":"Size","options":[{"label":"Small","description":"s"},
          {"label":"Large","description":"l"}]},
        {"question":"Where to?","header":"Way","options":[{"label":"North","description":"n"},
          {"label":"South","description":"s"}]}]}
      """;

  /** What is asked by somebody else's rules is decided by ours when nobody may be asked. */
  @Test
  void whoMayNotBeAskedIsNot() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      opencode
          .sandbox
          .files()
          .write(
              "/home/user/.config/opencode/agents/shy.md",
              "---\ndescription: asks\nmode: primary\npermission:\n  bash: ask\n---\nWork.\n");
      Transcript allowed = opencode.turn(o -> o.mode("shy"), "Please do [[hello]]");

      assertThat(allowed.events(AgentEvent.PermissionRequested.class)).isEmpty();
      assertThat(allowed.outcome().success()).as(allowed.toString()).isTrue();
      assertThat(opencode.file("/home/user/hello.txt")).isEqualTo("hi\n");
      assertThat(opencode.turn(o -> o, "Ask [[ask]]").events(AgentEvent.QuestionRequested.class))
          .isEmpty();
    }
  }

  /** The traits say what is delivered and nothing else. */
  @Test
  void theCapabilitiesAreThoseThatAreDelivered() throws Exception {
    try (RealAgent opencode = new RealAgent("opencode")) {
      opencode.sandbox.files().write("/home/user/echo.py", RealOpenCodeTest.ECHO);
      JsonNode servers =
          Json.MAPPER.readTree(
              "{\"scripted\":{\"command\":\"python3\",\"args\":[\"/home/user/echo.py\"],"
                  + "\"env\":{\"ANSWER\":\"pong\"}}}");
      Delivered delivered = new Delivered();
      try (AgentSession session =
          opencode.open(
              o -> o.permissions(PermissionPolicy.ASK).mcpServers(servers).partialMessages(true))) {
        for (String task :
            List.of("[[think]]", "[[edit]] [[cwd:/home/user]]", "[[mcp]]", "[[ask]]")) {
          session.send(
              new Prompt(
                  "Do " + task,
                  List.of(new Attachment.Image("image/png", RealOpenCodeTest.png()))));
          delivered.add(Transcript.turn(session, Answering.questions(session, "Blue")));
        }
        boolean image = opencode.model.requests().getLast().bodyText().contains("image/png");
        opencode.model.fail(Fault.status(401));
        session.send(new Prompt("Say [[text]]"));
        delivered.add(Transcript.turn(session));
        boolean plan =
            session.modes().orElseThrow().stream().anyMatch(mode -> mode.id().equals("plan"));

        assertThat(delivered.capabilities(plan, image, true))
            .isEqualTo(opencode.agent.traits().capabilities());
      }
    }
  }

  private static List<PermissionStatus> statuses(Transcript transcript) {
    return transcript.events(AgentEvent.PermissionResolved.class).stream()
        .map(AgentEvent.PermissionResolved::status)
        .toList();
  }

  private static String toolOutput(Transcript transcript) {
    return RealOpenCodeTest.items(transcript, UniversalItem.Kind.TOOL_RESULT).toString();
  }

  private static Consumer<AgentOutput> replying(AgentSession session, PermissionReply reply) {
    return on(
        AgentEvent.PermissionRequested.class,
        request -> session.answerPermission(request.permissionId(), reply));
  }

  static <T extends AgentEvent> Consumer<AgentOutput> on(Class<T> type, Consumer<T> react) {
    return output -> {
      if (output instanceof AgentOutput.Ask ask && type.isInstance(ask.event())) {
        react.accept(type.cast(ask.event()));
      }
    };
  }
}
