package dev.dunes.agent.claude;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Fault;
import dev.dunes.scripted.RecordedRequest;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.Step;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What a user gets, with the real program. */
@Timeout(240)
final class RealClaudeTest {
  @Test
  void aPromptWithACommandAndNoKeyAnywhere() {
    try (RealClaude claude = new RealClaude()) {
      Transcript transcript = claude.turn(o -> o, "Please do [[hello]]");

      assertThat(claude.file("/home/user/hello.txt")).isEqualTo("hi\n");
      assertThat(transcript.outcome().success()).isTrue();
      assertThat(transcript.outcome().text()).contains("Done. hello.txt contains hi.");
      assertThat(transcript.outcome().turns()).isEqualTo(2);
      assertThat(transcript.outcome().costUsd()).isPositive();
      assertThat(transcript.init().get("permissionMode").asString()).isEqualTo("bypassPermissions");
      assertThat(transcript.init().get("cwd").asString()).isEqualTo("/home/user");
      assertThat(transcript.messages("result")).hasSize(1);
      assertThat(claude.model.requests())
          .isNotEmpty()
          .allSatisfy(request -> {
            assertThat(request.headers().get("authorization"))
                .containsExactly("Bearer run-token-1");
            assertThat(request.headers()).doesNotContainKey("x-api-key");
          });
      assertThat(claude.model.unknownRoutes()).isZero();
      assertThat(claude.file("/home/user/.claude/settings.json"))
          .isEqualTo(
              "{\"permissions\":{\"allow\":[],\"deny\":[]},"
                  + "\"env\":{\"CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS\":\"1\"}}");
    }
  }

  @Test
  void whatTheProcessSeesIsItsTokenOnlyAndNothingOfItInItsArguments() {
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o.env("EXTRA", "yes"))) {
      session.send(new Prompt("Run [[sleep]]"));
      untilToolRuns(session);
      String environment =
          claude
              .sandbox
              .exec("for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/environ; done 2>/dev/null")
              .stdout();

      assertThat(environment.lines())
          .contains(
              "ANTHROPIC_AUTH_TOKEN=run-token-1",
              "ANTHROPIC_API_KEY=",
              "ANTHROPIC_BASE_URL=http://127.0.0.1:8082",
              "DISABLE_AUTOUPDATER=1",
              "EXTRA=yes")
          .noneMatch(line -> line.startsWith("ANTHROPIC_API_KEY=") && line.length() > 18);
      assertThat(claude.processes()).isNotEmpty().noneMatch(line -> line.contains("run-token-1"));
    }
  }

  @Test
  void messagesOf200KilobytesArriveWhole() {
    try (RealClaude claude = new RealClaude()) {
      Transcript transcript = claude.turn(o -> o, "Say [[big]]");

      assertThat(transcript.lines()).anyMatch(line -> line.getBytes(UTF_8).length > 200 * 1024);
      assertThat(transcript.outcome().text().orElseThrow()).hasSize(200 * 1024);
      assertThat(transcript.all(AgentOutput.Text.class)).isEmpty();
    }
  }

  @Test
  void filesThatWereWrittenReadAndChanged() {
    try (RealClaude claude = new RealClaude()) {
      Transcript transcript = claude.turn(o -> o, "Do [[edit]] in [[cwd:/home/user]]");

      assertThat(claude.file("/home/user/edited.txt")).isEqualTo("after\n");
      assertThat(
              transcript.events(AgentEvent.ItemCompleted.class).stream()
                  .flatMap(event -> event.item().content().stream())
                  .filter(ContentPart.FileRef.class::isInstance))
          .containsExactly(
              new ContentPart.FileRef(
                  "/home/user/edited.txt", ContentPart.FileAction.WRITE, Optional.of("+before\n")),
              new ContentPart.FileRef(
                  "/home/user/edited.txt", ContentPart.FileAction.READ, Optional.empty()),
              new ContentPart.FileRef(
                  "/home/user/edited.txt",
                  ContentPart.FileAction.PATCH,
                  Optional.of("@@ -1,1 +1,1 @@\n-before\n+after\n")));
    }
  }

  @Test
  void theNumberOfTurnsIsKept() {
    try (RealClaude claude = new RealClaude()) {
      Transcript transcript = claude.turn(o -> o.maxTurns(1), "Do [[two]]");

      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().reason()).isEqualTo("error_max_turns");
      assertThat(claude.sandbox.files().exists("/home/user/b.txt")).isFalse();
    }
  }

  @Test
  void theBudgetIsKept() {
    try (RealClaude claude = new RealClaude()) {
      Transcript transcript = claude.turn(o -> o.maxBudgetUsd(0.0001), "Do [[two]]");

      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().reason()).isEqualTo("error_max_budget_usd");
    }
  }

  @Test
  void promptsOfTheSystemModelAndSkillsReachTheModel() {
    try (RealClaude claude = new RealClaude()) {
      claude
          .sandbox
          .files()
          .write(
              "/home/user/.claude/skills/greet/SKILL.md",
              "---\nname: greet\ndescription: Greets people\n---\nSay hello.\n");
      JsonNode preset =
          Json.object()
              .put("type", "preset")
              .put("preset", "claude_code")
              .put("append", "APPEND-1");
      Transcript skilled =
          claude.turn(
              o ->
                  o.skills(true)
                      .model("claude-haiku-5-5")
                      .systemPrompt(preset)
                      .appendSystemPrompt("APPEND-2"),
              "Say [[text]]");

      assertThat(skilled.init().get("skills").toString()).contains("greet");
      assertThat(skilled.init().get("model").asString()).isEqualTo("claude-haiku-5-5");
      assertThat(lastBody(claude)).contains("APPEND-1\\n\\nAPPEND-2");
      assertThat(claude.file("/home/user/.claude/settings.json"))
          .isEqualTo("{\"permissions\":{\"allow\":[],\"deny\":[]}}");

      claude.turn(o -> o.systemPrompt(Json.MAPPER.valueToTree("ONLY-THIS")), "Say [[text]]");
      assertThat(lastBody(claude)).contains("ONLY-THIS").doesNotContain("APPEND-1");
    }
  }

  private static String lastBody(RealClaude claude) {
    RecordedRequest last = claude.model.requests().getLast();
    return new String(last.body(), UTF_8);
  }

  @Test
  void uploadedSettingsHooksAndServersWidenNothing() {
    try (RealClaude claude = new RealClaude()) {
      String hook =
          "{\"hooks\":{\"SessionStart\":[{\"hooks\":[{\"type\":\"command\",\"command\":"
              + "\"touch /home/user/hooked\"}]}]},\"env\":{\"ANTHROPIC_BASE_URL\":\"http://127.0.0.1:1\"}}";
      for (String file : List.of("settings.json", "settings.local.json")) {
        claude.sandbox.files().write("/home/user/.claude/" + file, hook);
      }
      claude
          .sandbox
          .files()
          .write(
              "/home/user/.mcp.json",
              "{\"mcpServers\":{\"own\":{\"command\":\"touch\",\"args\":[\"/home/user/served\"]}}}");
      Transcript transcript = claude.turn(o -> o, "Say [[text]]");

      assertThat(transcript.outcome().success()).isTrue();
      assertThat(transcript.init().get("mcp_servers")).isEmpty();
      assertThat(claude.sandbox.exec("ls /home/user").stdout())
          .doesNotContain("hooked")
          .doesNotContain("served");
    }
  }

  @Test
  void aSubagentRunsToItsEndBeforeTheTurnEnds() {
    try (RealClaude claude = new RealClaude()) {
      claude.model.add(
          Scenario.of(
              "child",
              Answer.of(new Step.Shell("sleep 1; echo child > child.txt")),
              Answer.of(new Step.Text("child done"))));
      claude.model.add(
          Scenario.of(
              "parent",
              Answer.of(new Step.Subagent("sub run", "Do [[child]]", Optional.of("helper"))),
              Answer.of(new Step.Text("Subagent returned."))));
      JsonNode helper =
          Json.MAPPER.readTree(
              "{\"helper\":{\"description\":\"helps\",\"prompt\":\"You help.\",\"tools\":[\"Bash\"]}}");
      Transcript transcript = claude.turn(o -> o.subagents(helper), "Delegate [[parent]]");
      JsonNode list =
          Json.MAPPER.readTree(
              "[{\"name\":\"lister\",\"description\":\"l\",\"prompt\":\"List.\"}]");
      assertThat(
              claude.turn(o -> o.subagents(list), "Say [[text]]").init().get("agents").toString())
          .contains("lister");

      assertThat(claude.file("/home/user/child.txt")).isEqualTo("child\n");
      assertThat(transcript.messages("result")).hasSize(1);
      assertThat(transcript.outcome().success()).isTrue();
      assertThat(
              transcript.events(AgentEvent.ItemCompleted.class).stream()
                  .filter(event -> event.item().parentId().isPresent())
                  .flatMap(event -> event.item().content().stream()))
          .contains(new ContentPart.Text("child done"));
    }
  }

  @Test
  void aCommandInTheBackgroundIsWaitedFor() {
    try (RealClaude claude = new RealClaude()) {
      JsonNode input =
          Json.object()
              .put("command", "sleep 2; echo late > late.txt")
              .put("description", "later")
              .put("run_in_background", true);
      claude.model.add(
          Scenario.of(
              "later",
              Answer.of(new Step.RawTool("Bash", input)),
              Answer.of(new Step.Text("started"))));
      Transcript transcript = claude.turn(o -> o, "Do [[later]]");

      assertThat(claude.file("/home/user/late.txt")).isEqualTo("late\n");
      assertThat(transcript.messages("result")).hasSize(1);
      assertThat(transcript.all(AgentOutput.Superseded.class)).hasSize(1);
    }
  }

  @Test
  void aConversationIsResumedAndForked() {
    try (RealClaude claude = new RealClaude()) {
      claude.turn(o -> o, "First [[text]]");
      String id;
      try (AgentSession session = claude.open(o -> o)) {
        session.send(new Prompt("Remember BLUE [[text]]"));
        Transcript.turn(session);
        id = session.nativeSessionId().orElseThrow();
      }
      Transcript resumed = claude.turn(o -> o.resume(id, false), "And now [[hello]]");
      assertThat(resumed.init().get("session_id").asString()).isEqualTo(id);
      assertThat(lastBody(claude)).contains("Remember BLUE").doesNotContain("First [[text]]");
      assertThat(resumed.outcome().success()).isTrue();

      Transcript forked = claude.turn(o -> o.resume(id, true), "Again [[text]]");
      assertThat(forked.init().get("session_id").asString()).isNotEqualTo(id);
      assertThat(lastBody(claude)).contains("Remember BLUE");

      Transcript missing =
          claude.turn(
              o -> o.resume("00000000-0000-4000-8000-00000000dead", false), "Again [[text]]");
      assertThat(missing.outcome().success()).isFalse();
      assertThat(missing.outcome().text().orElseThrow()).contains("No conversation found");
    }
  }

  @Test
  void anInterruptLeavesNoProcessOfTheToolAndTheSessionGoesOn() {
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o)) {
      session.send(new Prompt("Run [[sleep]]"));
      untilToolRuns(session);
      claude.awaitProcess("time.sleep(45)");
      session.interrupt();
      Transcript interrupted = Transcript.turn(session);

      assertThat(interrupted.outcome().success()).isFalse();
      assertThat(claude.processes()).noneMatch(line -> line.contains("time.sleep(45)"));

      session.send(new Prompt("Say [[text]]"));
      assertThat(Transcript.turn(session).outcome().text())
          .contains("Hello from the scripted model.");
    }
  }

  @Test
  void anInterruptWhileTheModelWritesEndsItsRequest() throws Exception {
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o.partialMessages(true))) {
      session.send(new Prompt("Say [[slow]]"));
      Transcript interrupted =
          Transcript.turn(
              session,
              output -> {
                if (output instanceof AgentOutput.Message message
                    && message.events().stream().anyMatch(AgentEvent.ItemDelta.class::isInstance)) {
                  session.interrupt();
                }
              });

      assertThat(interrupted.outcome().success()).isFalse();
      claude.model.await(RecordedRequest::aborted, Duration.ofSeconds(30));
    }
  }

  @Test
  void aWrongKeyEndsTheTurnSoon() {
    try (RealClaude claude = new RealClaude()) {
      claude.model.fail(Fault.hopeless(401)); // as the gateway says it
      Transcript transcript = claude.turn(o -> o, "Say [[text]]");

      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().reason()).isEqualTo("api_error");
      assertThat(transcript.outcome().text().orElseThrow()).contains("401");
      assertThat(claude.model.requests()).hasSize(1);
      assertThat(transcript.events(AgentEvent.Failed.class)).isNotEmpty();
    }
  }

  @Test
  void aModelThatIsOverloadedForAWhileIsAskedAgain() {
    try (RealClaude claude = new RealClaude()) {
      claude.model.fail(Fault.status(529), 3);
      Transcript transcript = claude.turn(o -> o, "Say [[text]]");

      assertThat(transcript.outcome().success()).isTrue();
      assertThat(claude.model.requests()).hasSize(4);
      assertThat(transcript.parts(ContentPart.Status.class))
          .extracting(ContentPart.Status::label)
          .contains("api_retry");
    }
  }

  @Test
  void aModelThatIsNotThereEndsTheTurn() {
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.openToNobody(o -> o)) {
      session.send(new Prompt("Say [[text]]"));
      Transcript transcript = Transcript.turn(session);

      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().reason()).isEqualTo("api_error");
    }
  }

  @Test
  void aKilledAgentHasCrashed() {
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o)) {
      session.send(new Prompt("Run [[sleep]]"));
      untilToolRuns(session);
      assertThat(claude.sandbox.exec("pkill -9 -f '[/]opt/dunes/agents/claude'").exitCode())
          .isZero();
      Transcript rest = Transcript.toTheEnd(session);

      assertThat(rest.all(AgentOutput.TurnEnded.class)).isEmpty();
      assertThat(session.waitFor().code()).isEqualTo(137);
    }
  }

  @Test
  void closingLeavesNothing() {
    try (RealClaude claude = new RealClaude()) {
      AgentSession session = claude.open(o -> o);
      session.send(new Prompt("Run [[sleep]]"));
      untilToolRuns(session);
      claude.awaitProcess("time.sleep(45)");
      session.close();

      assertThat(session.next()).isEmpty();
      assertThat(claude.processes()).isEmpty();
    }
  }

  @Test
  void theAgentEndsWhenItsInputDoes() {
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o)) {
      session.send(new Prompt("Say [[text]]"));
      session.endInput();
      Transcript transcript = Transcript.toTheEnd(session);

      assertThat(transcript.all(AgentOutput.TurnEnded.class)).hasSize(1);
      assertThat(session.waitFor().code()).isZero();
    }
  }

  static void untilToolRuns(AgentSession session) {
    while (true) {
      AgentOutput output = session.next().orElseThrow();
      if (output instanceof AgentOutput.Message message
          && message.events().stream()
              .filter(AgentEvent.ItemCompleted.class::isInstance)
              .map(event -> ((AgentEvent.ItemCompleted) event).item().content())
              .flatMap(List::stream)
              .anyMatch(ContentPart.ToolCall.class::isInstance)) {
        return;
      }
    }
  }
}
