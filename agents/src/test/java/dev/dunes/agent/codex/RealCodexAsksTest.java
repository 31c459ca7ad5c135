package dev.dunes.agent.codex;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.PermissionStatus;
import dev.dunes.agent.AgentEvent.QuestionStatus;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Answering;
import dev.dunes.agent.harness.McpServer;
import dev.dunes.agent.harness.RealAgent;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Who is asked by the real program, and what becomes of the answer. */
@Timeout(240)
final class RealCodexAsksTest {
  private static final String MODEL = RealCodexTest.MODEL;

  @Test
  void aCommandIsAskedForOnceOrForAll() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.open(o -> o.model(MODEL).permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Do [[hello]]"));
      Transcript rejected =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.REJECT));
      assertThat(codex.sandbox.files().exists("/home/user/hello.txt")).isFalse();
      assertThat(rejected.outcome().success()).isTrue();
      assertThat(rejected.events(AgentEvent.PermissionRequested.class))
          .singleElement()
          .satisfies(request -> {
            assertThat(request.action()).isEqualTo("command_execution");
            assertThat(request.metadata().orElseThrow().path("codexRequestKind").asString())
                .isEqualTo("commandExecution");
            assertThat(request.metadata().orElseThrow().path("command").asString())
                .contains("echo hi");
          });
      assertThat(rejected.events(AgentEvent.PermissionResolved.class))
          .extracting(AgentEvent.PermissionResolved::status)
          .containsExactly(PermissionStatus.DENIED);
      assertThat(
              rejected.items().stream()
                  .filter(item -> item.kind() == UniversalItem.Kind.TOOL_RESULT))
          .extracting(UniversalItem::status)
          .containsExactly(UniversalItem.Status.FAILED);

      session.send(new Prompt("Do [[hello]]"));
      Transcript once =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.ONCE));
      assertThat(once.events(AgentEvent.PermissionRequested.class)).hasSize(1);
      assertThat(codex.file("/home/user/hello.txt")).isEqualTo("hi\n");

      session.send(new Prompt("Do [[hello]]"));
      Transcript always =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.ALWAYS));
      assertThat(always.events(AgentEvent.PermissionRequested.class)).hasSize(1);
      session.send(new Prompt("Do [[hello]]"));
      Transcript again = Transcript.turn(session);
      assertThat(again.events(AgentEvent.PermissionRequested.class)).isEmpty();
      assertThat(again.results()).isEqualTo("hi\n");
    }
  }

  @Test
  void whoMayOnlyLookChangesNothingAndAsksNobody() {
    try (RealAgent codex = new RealAgent("codex")) {
      codex.model.add(
          Scenario.of(
              "look",
              Answer.of(new Step.Shell("ls /usr")),
              Answer.of(new Step.Shell("echo changed > changed.txt")),
              Answer.of(new Step.Text("looked"))));
      Transcript transcript =
          codex.turn(o -> o.model(MODEL).permissions(PermissionPolicy.READ_ONLY), "Do [[look]]");

      assertThat(transcript.events(AgentEvent.PermissionRequested.class)).isEmpty();
      assertThat(transcript.results()).contains("lib").contains("declined");
      assertThat(codex.sandbox.files().exists("/home/user/changed.txt")).isFalse();
      assertThat(transcript.outcome().success()).isTrue();
    }
  }

  /** A model of its catalogue changes files by patches. */
  @Test
  void changedFilesAreAskedForAndShown() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session =
            codex.open(o -> o.model("gpt-6-luna").permissions(PermissionPolicy.ASK))) {
      codex.model.add(
          Scenario.of(
              "patch2",
              Answer.of(
                  new Step.RawTool(
                      "exec",
                      Json.MAPPER.valueToTree(
                          "text(await tools.apply_patch(\"*** Begin Patch\\n*** Update File:"
                              + " patched.txt\\n@@\\n-patched\\n+changed\\n*** End Patch\"));"))),
              Answer.of(new Step.Text("Patched again."))));
      session.send(new Prompt("Patch [[cxpatch]]"));
      Transcript added =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.ONCE));
      assertThat(added.events(AgentEvent.PermissionRequested.class))
          .extracting(AgentEvent.PermissionRequested::action)
          .containsExactly("file_change");
      assertThat(added.parts(ContentPart.FileRef.class))
          .containsExactly(
              new ContentPart.FileRef(
                  "/home/user/patched.txt",
                  ContentPart.FileAction.WRITE,
                  Optional.of("+patched\n")));
      assertThat(codex.file("/home/user/patched.txt")).isEqualTo("patched\n");

      session.send(new Prompt("Patch [[patch2]]"));
      Transcript refused =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.REJECT));
      assertThat(refused.parts(ContentPart.FileRef.class)).isEmpty();
      assertThat(codex.file("/home/user/patched.txt")).isEqualTo("patched\n");

      session.send(new Prompt("Patch [[patch2]]"));
      Transcript changed =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.ONCE));
      assertThat(changed.parts(ContentPart.FileRef.class))
          .singleElement()
          .satisfies(file -> {
            assertThat(file.action()).isEqualTo(ContentPart.FileAction.PATCH);
            assertThat(file.diff().orElseThrow()).contains("-patched\n+changed");
          });
    }
  }

  @Test
  void toolsOfMcpServersAreAskedForToo() {
    try (RealAgent codex = new RealAgent("codex")) {
      JsonNode servers = McpServer.in(codex.sandbox);
      Transcript free = codex.turn(o -> o.model(MODEL).mcpServers(servers), "Use [[mcp]]");
      assertThat(free.parts(ContentPart.ToolCall.class))
          .extracting(ContentPart.ToolCall::name)
          .containsExactly("mcp__scripted__echo");
      assertThat(free.results()).isEqualTo("pong");
      assertThat(codex.file(McpServer.CALLS)).isEqualTo("x");

      try (AgentSession session =
          codex.open(o -> o.model(MODEL).mcpServers(servers).permissions(PermissionPolicy.ASK))) {
        session.send(new Prompt("Use [[mcp]]"));
        Transcript rejected =
            Transcript.turn(session, Answering.permissions(session, PermissionReply.REJECT));
        assertThat(rejected.events(AgentEvent.PermissionRequested.class))
            .extracting(AgentEvent.PermissionRequested::action)
            .containsExactly("mcp_tool_call");
        assertThat(codex.file(McpServer.CALLS)).isEqualTo("x");

        session.send(new Prompt("Use [[mcp]]"));
        Transcript.turn(session, Answering.permissions(session, PermissionReply.ALWAYS));
        assertThat(codex.file(McpServer.CALLS)).isEqualTo("xx");
        session.send(new Prompt("Use [[mcp]]"));
        assertThat(Transcript.turn(session).events(AgentEvent.PermissionRequested.class)).isEmpty();
        assertThat(codex.file(McpServer.CALLS)).isEqualTo("xxx");
      }
    }
  }

  @Test
  void questionsAreAnsweredOrDeclined() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.open(o -> o.model(MODEL).permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Ask [[ask]]"));
      Transcript answered = Transcript.turn(session, Answering.questions(session, "Blue"));
      assertThat(answered.events(AgentEvent.QuestionRequested.class))
          .singleElement()
          .satisfies(question -> {
            assertThat(question.prompt()).isEqualTo("Which colour?");
            assertThat(question.options()).containsExactly("Red", "Blue");
          });
      assertThat(answered.events(AgentEvent.QuestionResolved.class))
          .extracting(AgentEvent.QuestionResolved::response)
          .containsExactly(Optional.of("Blue"));
      assertThat(RealCodexTest.lastBody(codex)).contains("\\\"Blue\\\"");

      session.send(new Prompt("Ask [[ask]]"));
      Transcript declined =
          Transcript.turn(
              session,
              output -> {
                if (output instanceof AgentOutput.Ask ask
                    && ask.event() instanceof AgentEvent.QuestionRequested question) {
                  session.rejectQuestion(question.questionId());
                }
              });
      assertThat(declined.events(AgentEvent.QuestionResolved.class))
          .extracting(AgentEvent.QuestionResolved::status)
          .containsExactly(QuestionStatus.REJECTED);
      assertThat(declined.outcome().success()).isTrue();
    }
  }

  @Test
  void severalQuestionsAtOnceAreAnsweredOneByOne() {
    try (RealAgent codex = new RealAgent("codex");
        AgentSession session = codex.open(o -> o.model(MODEL).permissions(PermissionPolicy.ASK))) {
      codex.model.add(
          Scenario.of(
              "two-questions",
              Answer.of(
                  new Step.RawTool(
                      "request_user_input",
                      Json.MAPPER.readTree(
                          """
                          {"questions": [
                            {"id": "a", "header": "A", "question": "First?", "options": [
                              {"label": "One", "description": "1"},
                              {"label": "Two", "description": "2"}]},
                            {"id": "b", "header": "B", "question": "Second?", "options": [
                              {"label": "Three", "description": "3"},
                              {"label": "Four", "description": "4"}]}]}
                          """))),
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
                    session.answerQuestion(ids.get(1), List.of(List.of("Four")));
                    session.answerQuestion(ids.get(0), List.of(List.of("One")));
                  }
                }
              });

      assertThat(ids.get(0)).endsWith(":0");
      assertThat(ids.get(1)).endsWith(":1");
      assertThat(transcript.events(AgentEvent.QuestionResolved.class))
          .extracting(AgentEvent.QuestionResolved::response)
          .containsExactly(Optional.of("One"), Optional.of("Four"));
      assertThat(RealCodexTest.lastBody(codex)).contains("\\\"One\\\"", "\\\"Four\\\"");
    }
  }
}
