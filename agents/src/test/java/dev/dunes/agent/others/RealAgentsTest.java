package dev.dunes.agent.others;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.PermissionStatus;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.Attachment;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.harness.Answering;
import dev.dunes.agent.harness.Delivered;
import dev.dunes.agent.harness.McpServer;
import dev.dunes.agent.harness.RealAgent;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Fault;
import dev.dunes.scripted.RecordedRequest;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a user gets with the real programs: those over ACP, and pi. */
@Timeout(240)
final class RealAgentsTest {
  private static final String MODEL = "my-model-x";

  /** By what they run: some give themselves another name. */
  private static final String KILL =
      "for p in /proc/[0-9]*; do case $(readlink $p/exe) in /opt/dunes/agents/*)"
          + " kill -9 ${p#/proc/};; esac; done 2>/dev/null; exit 0";

  /** A dot. */
  private static final byte[] PICTURE =
      Base64.getDecoder()
          .decode(
              "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

  /**
   * Two more are of some 400 MB each: {@code DUNES_TEST_LARGE_AGENTS=claude-acp,codex-acp} tests
   * those instead.
   */
  static Stream<String> agents() {
    String large = System.getenv("DUNES_TEST_LARGE_AGENTS");
    return large == null ? Stream.of("gemini", "pi", "opencode-acp") : Stream.of(large.split(","));
  }

  static Stream<String> withMcp() {
    return agents().filter(id -> !id.equals("pi"));
  }

  static Stream<String> resumable() {
    return agents().filter(id -> !id.equals("gemini"));
  }

  @ParameterizedTest
  @MethodSource("agents")
  void aPromptWithACommandAndItsTokenOnly(String id) {
    try (RealAgent real = new RealAgent(id);
        AgentSession session = real.open(o -> o.model(MODEL).partialMessages(true))) {
      session.send(new Prompt("Please do [[hello]]"));
      Transcript transcript = Transcript.turn(session);

      assertThat(real.file("/home/user/hello.txt")).isEqualTo("hi\n");
      assertThat(transcript.outcome().success()).as(transcript.toString()).isTrue();
      assertThat(transcript.outcome().text()).contains("Done. hello.txt contains hi.");
      assertThat(transcript.outcome().tokens().input()).isPositive();
      assertThat(transcript.events(AgentEvent.PermissionRequested.class)).isEmpty();
      assertThat(transcript.events(AgentEvent.SessionStarted.class)).hasSize(1);
      assertThat(transcript.parts(ContentPart.ToolCall.class))
          .singleElement()
          .satisfies(call -> assertThat(call.arguments()).contains("echo hi > hello.txt"));
      assertThat(
              transcript.events(AgentEvent.ItemDelta.class).stream()
                  .map(AgentEvent.ItemDelta::delta)
                  .reduce("", String::concat))
          .contains("I will create the file.")
          .contains("Done. hello.txt contains hi.");
      assertThat(session.nativeSessionId()).isPresent();

      session.send(new Prompt("Say [[text]]"));
      Transcript second = Transcript.turn(session);
      assertThat(second.outcome().text()).contains("Hello from the scripted model.");
      assertThat(second.outcome().tokens().input())
          .isLessThan(transcript.outcome().tokens().input() + 1);
      assertThat(real.model.unknownRoutes()).isZero();
      assertThat(real.model.requests())
          .isNotEmpty()
          .allSatisfy(request -> assertThat(request.headers().toString()).contains("run-token-1"));
      assertThat(real.processes()).noneMatch(line -> line.contains("run-token-1"));
      session.endInput();
      Transcript.toTheEnd(session);
      real.awaitNoProcess("/opt/dunes/[a]gents/"); // some do not wait for what they started
      assertThat(real.processes()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void whatIsRejectedIsNotDoneAndWhatIsAllowedAlwaysIsAskedOnce(String id) {
    try (RealAgent real = new RealAgent(id);
        AgentSession session = real.open(o -> o.model(MODEL).permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Please do [[hello]]"));
      Transcript rejected =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.REJECT));
      assertThat(real.sandbox.files().exists("/home/user/hello.txt")).isFalse();
      assertThat(rejected.events(AgentEvent.PermissionResolved.class))
          .as(rejected.toString())
          .isNotEmpty()
          .allMatch(event -> event.status() == PermissionStatus.DENIED);
      assertThat(rejected.parts(ContentPart.ToolCall.class))
          .hasSameSizeAs(rejected.parts(ContentPart.ToolResult.class));

      real.model.add(
          Scenario.of(
              "same",
              Answer.of(new Step.Shell("echo x >> same.txt")),
              Answer.of(new Step.Shell("echo x >> same.txt")),
              Answer.of(new Step.Text("Same."))));
      session.send(new Prompt("Please do [[same]]"));
      Transcript always =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.ALWAYS));
      assertThat(real.file("/home/user/same.txt")).isEqualTo("x\nx\n");
      assertThat(always.events(AgentEvent.PermissionRequested.class)).hasSize(1);
      assertThat(always.outcome().success()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void anInterruptEndsTheModelsRequestAndTheSessionGoesOn(String id) throws Exception {
    try (RealAgent real = new RealAgent(id);
        AgentSession session = real.open(o -> o.model(MODEL).partialMessages(true))) {
      session.send(new Prompt("Say [[slow]]"));
      Transcript interrupted =
          Transcript.turn(session, Answering.once(AgentEvent.ItemDelta.class, session::interrupt));
      assertThat(interrupted.outcome().success()).isFalse();
      assertThat(interrupted.outcome().reason()).isEqualTo("interrupted");
      real.model.await(RecordedRequest::aborted, Duration.ofSeconds(30));

      session.send(new Prompt("Say [[text]]"));
      assertThat(Transcript.turn(session).outcome().text())
          .contains("Hello from the scripted model.");
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void anInterruptLeavesNoProcessOfATool(String id) {
    try (RealAgent real = new RealAgent(id);
        AgentSession session = real.open(o -> o.model(MODEL))) {
      session.send(new Prompt("Run [[sleep]]"));
      untilToolRuns(session);
      real.awaitProcess("time.sleep(45)");
      session.interrupt();
      Transcript interrupted = Transcript.turn(session);

      assertThat(interrupted.outcome().reason()).isEqualTo("interrupted");
      assertThat(interrupted.parts(ContentPart.ToolResult.class)).isNotEmpty();
      assertThat(real.processes()).noneMatch(line -> line.contains("time.sleep(45)"));
      session.send(new Prompt("Say [[text]]"));
      assertThat(Transcript.turn(session).outcome().success()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("withMcp")
  void toolsOfMcpServers(String id) {
    try (RealAgent real = new RealAgent(id);
        AgentSession session =
            real.open(o -> o.model(MODEL).mcpServers(McpServer.in(real.sandbox)))) {
      session.send(new Prompt("Use [[mcp]]"));
      Transcript transcript = Transcript.turn(session);

      assertThat(transcript.outcome().text()).contains("MCP said pong.");
      assertThat(real.file(McpServer.CALLS)).isEqualTo("x");
      assertThat(transcript.results()).contains("pong");
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void aPictureReachesTheModelAndAFileIsNamed(String id) {
    try (RealAgent real = new RealAgent(id);
        AgentSession session = real.open(o -> o.model(MODEL))) {
      real.sandbox.files().write("/home/user/some notes.txt", "NOTES-17");
      session.send(
          new Prompt(
              "Say [[text]]",
              List.of(
                  new Attachment.Image("image/png", PICTURE),
                  new Attachment.File("/home/user/some notes.txt", Optional.of("text/plain")))));
      Transcript transcript = Transcript.turn(session);

      assertThat(transcript.outcome().success()).as(transcript.toString()).isTrue();
      assertThat(real.model.requests())
          .anySatisfy(request -> {
            String body = new String(request.body(), UTF_8);
            assertThat(body).contains(Base64.getEncoder().encodeToString(PICTURE));
            assertThat(body.replace("%20", " ")).contains("some notes.txt");
          });
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void aModelThatRefusesEndsTheTurn(String id) {
    try (RealAgent real = new RealAgent(id);
        AgentSession session = real.open(o -> o.model(MODEL))) {
      real.model.fail(Fault.status(401));
      session.send(new Prompt("Say [[text]]"));
      Transcript failed = Transcript.turn(session);
      assertThat(failed.outcome().success()).as(failed.toString()).isFalse();
      assertThat(failed.outcome().text().orElseThrow())
          .contains(
              id.endsWith("-acp") && !id.startsWith("open") ? "Authentication required" : "401");
      assertThat(failed.events(AgentEvent.Failed.class)).isNotEmpty();

      real.model.heal();
      session.send(new Prompt("Say [[text]]"));
      assertThat(Transcript.turn(session).outcome().success()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void messagesOf200KilobytesArriveWhole(String id) {
    try (RealAgent real = new RealAgent(id);
        AgentSession session = real.open(o -> o.model(MODEL))) {
      // Nothing that repeats: Gemini CLI stops a model that does.
      String text =
          IntStream.range(0, 36_000).mapToObj(i -> i * 7919 % 99_991 + " ").collect(joining());
      assertThat(text.length()).isGreaterThan(200 << 10);
      real.model.add(Scenario.saying("long", text.strip()));
      session.send(new Prompt("Say [[long]]"));
      assertThat(Transcript.turn(session).outcome().text()).contains(text.strip());
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void aKilledAgentHasCrashed(String id) {
    try (RealAgent real = new RealAgent(id);
        AgentSession session = real.open(o -> o.model(MODEL))) {
      session.send(new Prompt("Run [[sleep]]"));
      untilToolRuns(session);
      assertThat(real.sandbox.exec(KILL).exitCode()).isZero();
      Transcript rest = Transcript.toTheEnd(session);

      assertThat(rest.all(AgentOutput.TurnEnded.class)).isEmpty();
      assertThat(session.waitFor().code()).isEqualTo(137);
    }
  }

  @ParameterizedTest
  @MethodSource("resumable")
  void aConversationGoesOnInANewProcess(String id) {
    try (RealAgent real = new RealAgent(id)) {
      String native0;
      try (AgentSession session = real.open(o -> o.model(MODEL))) {
        session.send(new Prompt("Remember BLUE [[text]]"));
        Transcript.turn(session);
        native0 = session.nativeSessionId().orElseThrow();
        session.endInput();
        Transcript.toTheEnd(session);
      }
      real.model.forgetRequests();
      try (AgentSession session = real.open(o -> o.model(MODEL).resume(native0, false))) {
        session.send(new Prompt("And now [[hello]]"));
        Transcript resumed = Transcript.turn(session);
        assertThat(resumed.outcome().success()).as(resumed.toString()).isTrue();
        assertThat(session.nativeSessionId()).contains(native0);
        assertThat(resumed.parts(ContentPart.Text.class))
            .noneMatch(text -> text.text().contains("Hello from the scripted model"));
      }
      assertThat(real.model.requests())
          .anyMatch(request -> new String(request.body(), UTF_8).contains("Remember BLUE"));
      try (AgentSession session = real.open(o -> o.model(MODEL).resume(native0, true))) {
        session.send(new Prompt("And again [[text]]"));
        assertThat(Transcript.turn(session).outcome().success()).isTrue();
        assertThat(session.nativeSessionId().orElseThrow()).isNotEqualTo(native0);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void aConversationThatIsNotThereIsAnError(String id) {
    try (RealAgent real = new RealAgent(id)) {
      AgentException e =
          catchThrowableOfType(
              AgentException.class,
              () -> {
                try (AgentSession session =
                    real.open(o ->
                        o.model(MODEL).resume("00000000-0000-4000-8000-00000000dead", false))) {
                  session.send(new Prompt("Say [[text]]"));
                  Transcript.turn(session);
                }
              });
      assertThat(e.code()).isIn("agent_start_failed", "invalid_options");
      assertThat(e.remedy()).isPresent();
    }
  }

  @ParameterizedTest
  @MethodSource("agents")
  void planningChangesNothing(String id) {
    try (RealAgent real = new RealAgent(id);
        AgentSession session =
            real.open(o -> o.model(MODEL).mode("plan").permissions(PermissionPolicy.READ_ONLY))) {
      session.send(new Prompt("Please do [[write]]"));
      Transcript.turn(session);
      session.send(new Prompt("Please do [[hello]]"));
      Transcript transcript = Transcript.turn(session);

      assertThat(transcript.events(AgentEvent.PermissionRequested.class)).isEmpty();
      assertThat(real.sandbox.exec("ls /home/user").stdout())
          .doesNotContain("hello.txt")
          .doesNotContain("made.txt");
    } catch (AgentException e) {
      assertThat(id).isEqualTo("codex-acp");
      assertThat(e.code()).isEqualTo("invalid_options");
    }
  }

  /** The flags are what the events prove. */
  @ParameterizedTest
  @MethodSource("agents")
  void whatItIsSaidToDoItDoes(String id) {
    Delivered delivered = new Delivered();
    try (RealAgent real = new RealAgent(id);
        AgentSession session =
            real.open(o -> {
              o.model(MODEL).partialMessages(true).permissions(PermissionPolicy.ASK);
              return id.equals("pi") ? o : o.mcpServers(McpServer.in(real.sandbox));
            })) {
      List<String> scenarios = new ArrayList<>(List.of("think", "edit", "ask"));
      if (!id.equals("pi")) {
        scenarios.add("mcp");
      }
      for (String scenario : scenarios) {
        session.send(new Prompt("Please do [[%s]]".formatted(scenario)));
        delivered.add(Transcript.turn(session, Answering.questions(session, "Blue")));
      }
      real.model.fail(Fault.status(401));
      session.send(new Prompt("Say [[text]]"));
      delivered.add(Transcript.turn(session));

      if (id.equals("codex-acp")) {
        delivered.add(patched());
      }
      // Plans, pictures and files are proved by tests of their own.
      assertThat(real.agent.traits().capabilities())
          .isEqualTo(delivered.capabilities(true, true, true));
    }
  }

  /** Codex changes files by patches with models it knows. */
  private static Transcript patched() {
    try (RealAgent real = new RealAgent("codex-acp");
        AgentSession session =
            real.open(o -> o.model("gpt-6-luna").permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Patch [[cxpatch]]"));
      return Transcript.turn(session, Answering.permissions(session, PermissionReply.ONCE));
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
