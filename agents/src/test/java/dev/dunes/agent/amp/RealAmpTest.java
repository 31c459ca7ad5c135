package dev.dunes.agent.amp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.PermissionStatus;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.Attachment;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.Answering;
import dev.dunes.agent.harness.Delivered;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Fault;
import dev.dunes.scripted.RecordedRequest;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.Step;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What the real Amp says and does. */
@Timeout(300)
final class RealAmpTest {
  @Test
  void wordsToolsThoughtsAndTheirTokens() {
    try (RealAmp amp = new RealAmp();
        AgentSession session = amp.open(o -> o)) {
      session.send(new Prompt("Please do [[hello]]"));
      Transcript transcript = Transcript.turn(session);

      assertThat(transcript.outcome().success()).as(transcript.toString()).isTrue();
      assertThat(transcript.outcome().text()).contains("Done. hello.txt contains hi.");
      assertThat(transcript.outcome().turns()).isEqualTo(2);
      assertThat(transcript.outcome().tokens()).isEqualTo(new TokenUsage(240, 0, 40));
      assertThat(amp.file("/home/user/hello.txt")).isEqualTo("hi\n");
      assertThat(parts(transcript, ContentPart.ToolCall.class).map(ContentPart.ToolCall::name))
          .containsExactly("Bash");
      assertThat(parts(transcript, ContentPart.ToolResult.class))
          .extracting(ContentPart.ToolResult::output)
          .containsExactly("hi\n");
      assertThat(transcript.events(AgentEvent.SessionStarted.class)).hasSize(1);
      assertThat(session.nativeSessionId().orElseThrow()).startsWith("T-");
      assertThat(amp.processes()).isNotEmpty().noneMatch(line -> line.contains(amp.token()));

      session.send(new Prompt("Say [[think]]"));
      Transcript second = Transcript.turn(session);
      assertThat(second.outcome().tokens()).isEqualTo(new TokenUsage(240, 0, 40));
      assertThat(parts(second, ContentPart.Reasoning.class).map(ContentPart.Reasoning::text))
          .containsExactly("Let me think about it.", "Nearly there.");

      session.send(new Prompt("Do [[fail]]"));
      assertThat(items(Transcript.turn(session), UniversalItem.Kind.TOOL_RESULT))
          .singleElement()
          .satisfies(item -> assertThat(item.status()).isEqualTo(UniversalItem.Status.FAILED));

      session.send(new Prompt("x".repeat(200 << 10) + " [[text]]"));
      assertThat(Transcript.turn(session).outcome().success()).isTrue();

      // Nothing but questions to the model leaves the gateway.
      assertThat(amp.model.requests()).isNotEmpty().allMatch(r -> r.path().equals("/v1/messages"));
      assertThat(amp.model.unknownRoutes()).isZero();

      session.endInput();
      assertThat(session.next()).isEmpty();
      assertThat(session.waitFor().code()).isZero();
    }
  }

  @Test
  void filesThatWereWrittenReadAndChanged() {
    try (RealAmp amp = new RealAmp()) {
      Transcript transcript = amp.turn(o -> o, "Do [[edit]] in [[cwd:/home/user]]");

      assertThat(amp.file("/home/user/edited.txt")).isEqualTo("after\n");
      assertThat(parts(transcript, ContentPart.FileRef.class))
          .as(transcript.toString())
          .extracting(ContentPart.FileRef::action)
          .containsExactly(
              ContentPart.FileAction.WRITE,
              ContentPart.FileAction.READ,
              ContentPart.FileAction.PATCH);
      assertThat(parts(transcript, ContentPart.FileRef.class).toList().getLast().diff())
          .hasValueSatisfying(
              diff -> assertThat(diff).startsWith("@@").contains("-before\n+after"));
    }
  }

  @Test
  void subagentsAndServersOfMcp() {
    try (RealAmp amp = new RealAmp()) {
      amp.sandbox.files().write("/home/user/echo.py", ECHO);
      JsonNode servers =
          Json.MAPPER.readTree(
              "{\"scripted\":{\"command\":\"python3\",\"args\":[\"/home/user/echo.py\"]}}");
      Transcript used = amp.turn(o -> o.mcpServers(servers), "Use [[mcp]]");
      assertThat(items(used, UniversalItem.Kind.TOOL_RESULT).toString())
          .as(used.toString())
          .contains("pong ping");

      Transcript transcript = amp.turn(o -> o, "Do [[sub]]");
      assertThat(transcript.outcome().text()).contains("Subagent returned.");
      assertThat(items(transcript, UniversalItem.Kind.TOOL_RESULT).toString())
          .contains("Hello from the scripted model.");
    }
  }

  private static final String ECHO =
      """
      import json, sys
      for line in sys.stdin:
          m = json.loads(line)
          if 'id' not in m: continue
          r = {}
          if m['method'] == 'initialize':
              r = {'protocolVersion': m['params']['protocolVersion'], 'capabilities': {'tools': {}},
                   'serverInfo': {'name': 'e', 'version': '1'}}
          elif m['method'] == 'tools/list':
              r = {'tools': [{'name': 'echo', 'description': 'echo', 'inputSchema':
                   {'type': 'object', 'properties': {'text': {'type': 'string'}}}}]}
          elif m['method'] == 'tools/call':
              r = {'content': [{'type': 'text', 'text': 'pong ' + m['params']['arguments']['text']}]}
          print(json.dumps({'jsonrpc': '2.0', 'id': m['id'], 'result': r}), flush=True)
      """;

  @Test
  void permissionOnceAlwaysAndNot() {
    try (RealAmp amp = new RealAmp();
        AgentSession session = amp.open(o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Please do [[hello]]"));
      Transcript rejected = Transcript.turn(session, replying(session, PermissionReply.REJECT));
      assertThat(statuses(rejected)).containsExactly(PermissionStatus.DENIED);
      assertThat(amp.sandbox.files().exists("/home/user/hello.txt")).isFalse();
      assertThat(rejected.outcome().turns()).isEqualTo(2);

      session.send(new Prompt("Please do [[hello]]"));
      Transcript once = Transcript.turn(session, replying(session, PermissionReply.ONCE));
      assertThat(amp.file("/home/user/hello.txt")).isEqualTo("hi\n");
      AgentEvent.PermissionRequested request =
          once.events(AgentEvent.PermissionRequested.class).getFirst();
      assertThat(request.action()).isEqualTo("Bash");
      assertThat(request.metadata().orElseThrow().at("/input/cmd").asString()).contains("echo hi");
      assertThatThrownBy(
              () -> session.answerPermission(request.permissionId(), PermissionReply.ONCE))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("unknown_request"));

      session.send(new Prompt("Please do [[hello]]"));
      Transcript.turn(session, replying(session, PermissionReply.ALWAYS));
      session.send(new Prompt("Do [[two]]"));
      Transcript later = Transcript.turn(session);
      assertThat(statuses(later)).isEmpty();
      assertThat(amp.file("/home/user/b.txt")).isEqualTo("second\n");

      // An interrupt while something is asked; the thread goes on in another process.
      session.send(new Prompt("Write [[write]] in [[cwd:/home/user]]"));
      Transcript stopped =
          Transcript.turn(
              session,
              output -> {
                if (output instanceof AgentOutput.Ask ask
                    && ask.event() instanceof AgentEvent.PermissionRequested) {
                  session.interrupt();
                }
              });
      assertThat(stopped.outcome().reason()).as(stopped.toString()).isEqualTo("interrupted");
      assertThat(statuses(stopped)).containsExactly(PermissionStatus.DENIED);
      assertThat(amp.sandbox.files().exists("/home/user/made.txt")).isFalse();
      session.send(new Prompt("Say [[text]]"));
      assertThat(Transcript.turn(session).outcome().success()).isTrue();
      assertThat(amp.model.requests().stream().map(RecordedRequest::bodyText))
          .matches(bodies ->
              bodies.stream()
                  .anyMatch(body -> body.contains("Do [[two]]") && body.contains("Say [[text]]")));
    }
  }

  @Test
  void anInterruptLeavesNothingAndTheThreadGoesOn() throws Exception {
    try (RealAmp amp = new RealAmp();
        AgentSession session = amp.open(o -> o)) {
      session.send(new Prompt("Say [[slow]]"));
      awaitModel(session, amp, "slow");
      session.send(new Prompt("Say [[text]]"));
      session.interrupt();
      Transcript writing = Transcript.turn(session);
      assertThat(writing.outcome().reason()).as(writing.toString()).isEqualTo("interrupted");
      assertThat(writing.events(AgentEvent.Failed.class)).isEmpty();
      assertThat(Transcript.turn(session).outcome().success()).isTrue();

      session.send(new Prompt("Run [[sleep]]"));
      while (!(session.next().orElseThrow() instanceof AgentOutput.Message message
          && message.events().toString().contains("ToolCall["))) {
        // until the tool is called
      }
      amp.awaitProcess("time.sleep(45)");
      session.interrupt();
      assertThat(Transcript.turn(session).outcome().reason()).isEqualTo("interrupted");
      assertThat(amp.processes()).isEmpty();
      session.send(new Prompt("Say [[text]]"));
      assertThat(Transcript.turn(session).outcome().success()).isTrue();
    }
  }

  private static void awaitModel(AgentSession session, RealAmp amp, String scenario)
      throws InterruptedException {
    Thread reader = Thread.ofVirtual().start(() -> session.next());
    amp.model.await(
        request -> request.bodyText().contains("[[" + scenario + "]]"), Duration.ofSeconds(60));
    reader.join();
  }

  @Test
  void aThreadIsResumedInAnotherProcess() {
    try (RealAmp amp = new RealAmp()) {
      String id;
      try (AgentSession session = amp.open(o -> o)) {
        session.send(new Prompt("Remember BLUE [[text]]"));
        Transcript.turn(session);
        id = session.nativeSessionId().orElseThrow();
        session.endInput(); // it keeps its thread on its way out
        Transcript.toTheEnd(session);
      }
      try (AgentSession session = amp.open(o -> o.resume(id, false))) {
        session.send(new Prompt("And now [[hello]]"));
        Transcript resumed = Transcript.turn(session);
        assertThat(resumed.outcome().success()).as(resumed.toString()).isTrue();
        assertThat(session.nativeSessionId()).contains(id);
        assertThat(resumed.outcome().tokens()).isEqualTo(new TokenUsage(240, 0, 40));
      }
      assertThat(amp.model.requests().stream().map(RecordedRequest::bodyText))
          .matches(bodies ->
              bodies.stream()
                  .anyMatch(body ->
                      body.contains("Remember BLUE") && body.contains("And now [[hello]]")));
      assertThat(amp.processes()).isEmpty();
    }
  }

  @Test
  void failuresAreToldAndTheSessionGoesOn() {
    try (RealAmp amp = new RealAmp();
        AgentSession session = amp.open(o -> o)) {
      for (int status : List.of(401, 500)) {
        amp.model.fail(Fault.status(status));
        session.send(new Prompt("Say [[text]]"));
        Transcript failed = Transcript.turn(session);
        assertThat(failed.outcome().success()).isFalse();
        assertThat(failed.outcome().reason()).isEqualTo("error_during_execution");
        assertThat(failed.events(AgentEvent.Failed.class)).hasSize(1);
        amp.model.heal();
        session.send(new Prompt("Say [[text]]"));
        assertThat(Transcript.turn(session).outcome().success()).isTrue();
      }
      try (AgentSession lost = amp.openToNobody(o -> o)) {
        lost.send(new Prompt("Say [[text]]"));
        Transcript transcript = Transcript.toTheEnd(lost);
        assertThat(transcript.all(AgentOutput.TurnEnded.class))
            .allSatisfy(end -> assertThat(end.outcome().success()).isFalse());
      }
    }
  }

  @Test
  void aKilledProcessHasCrashedAndClosingLeavesNothing() {
    try (RealAmp amp = new RealAmp()) {
      AgentSession session = amp.open(o -> o.permissions(PermissionPolicy.ASK));
      session.send(new Prompt("Please do [[hello]]"));
      Transcript transcript =
          Transcript.toTheEnd(
              session,
              output -> {
                if (output instanceof AgentOutput.Ask ask
                    && ask.event() instanceof AgentEvent.PermissionRequested) {
                  assertThat(amp.sandbox.exec("pkill -9 -f '[s]tream-json-input'").exitCode())
                      .isZero();
                }
              });
      assertThat(transcript.all(AgentOutput.TurnEnded.class)).isEmpty();
      assertThat(statuses(transcript)).hasSize(1);
      assertThat(session.waitFor().code()).isEqualTo(137);
      session.close();
      assertThat(amp.processes()).isEmpty();
    }
  }

  @Test
  void whatItCannotDoIsRefused() {
    try (RealAmp amp = new RealAmp()) {
      List<UnaryOperator<AgentOptions.Builder>> refused =
          List.of(
              o -> o.mode("plan"),
              o -> o.model("claude-opus"),
              o -> o.outputSchema(Json.object()),
              o -> o.appendSystemPrompt("more"),
              o -> o.allowedTools(List.of("Bash(git:*)")),
              o -> o.resume("T-1", true));
      for (UnaryOperator<AgentOptions.Builder> each : refused) {
        assertThatThrownBy(() -> amp.open(each))
            .isInstanceOfSatisfying(AgentException.class, e -> assertThat(e.remedy()).isPresent());
      }
      amp.model.add(
          Scenario.of(
              "list", Answer.of(new Step.Shell("touch x")), Answer.of(new Step.Text("done"))));
      Transcript denied = amp.turn(o -> o.allowedTools(List.of("Read")), "Do [[list]]");
      assertThat(denied.outcome().success()).as(denied.toString()).isTrue();
      assertThat(amp.sandbox.files().exists("/home/user/x")).isFalse();
      try (AgentSession session = amp.open(o -> o.model("rush"))) {
        assertThatThrownBy(() ->
                session.send(
                    new Prompt("a", List.of(new Attachment.Image("image/png", new byte[1])))))
            .isInstanceOfSatisfying(
                AgentException.class, e -> assertThat(e.code()).isEqualTo("invalid_attachment"));
        amp.sandbox.files().write("/home/user/n.txt", "NOTE");
        session.send(
            new Prompt(
                "Read [[text]]",
                List.of(new Attachment.File("/home/user/n.txt", Optional.empty()))));
        Transcript told = Transcript.turn(session);
        assertThat(told.outcome().success()).as(told.toString()).isTrue();
        assertThat(amp.model.requests().stream().map(RecordedRequest::bodyText))
            .matches(bodies -> bodies.stream().anyMatch(body -> body.contains("/home/user/n.txt")));
      }
    }
  }

  /** The traits say what is delivered and nothing else. */
  @Test
  void theCapabilitiesAreThoseThatAreDelivered() {
    try (RealAmp amp = new RealAmp()) {
      amp.sandbox.files().write("/home/user/echo.py", ECHO);
      JsonNode servers =
          Json.MAPPER.readTree(
              "{\"scripted\":{\"command\":\"python3\",\"args\":[\"/home/user/echo.py\"]}}");
      Delivered delivered = new Delivered();
      try (AgentSession session =
          amp.open(
              o -> o.permissions(PermissionPolicy.ASK).mcpServers(servers).partialMessages(true))) {
        for (String task :
            List.of("[[think]]", "[[edit]] [[cwd:/home/user]]", "[[mcp]]", "[[ask]]")) {
          session.send(new Prompt("Do " + task));
          delivered.add(Transcript.turn(session, Answering.questions(session, "Blue")));
        }
        amp.model.fail(Fault.status(401));
        session.send(new Prompt("Say [[text]]"));
        delivered.add(Transcript.turn(session));

        assertThat(delivered.capabilities(false, false, true))
            .isEqualTo(amp.agent.traits().capabilities());
      }
    }
  }

  private static List<PermissionStatus> statuses(Transcript transcript) {
    return transcript.events(AgentEvent.PermissionResolved.class).stream()
        .map(AgentEvent.PermissionResolved::status)
        .toList();
  }

  private static Consumer<AgentOutput> replying(AgentSession session, PermissionReply reply) {
    return output -> {
      if (output instanceof AgentOutput.Ask ask
          && ask.event() instanceof AgentEvent.PermissionRequested request) {
        session.answerPermission(request.permissionId(), reply);
      }
    };
  }

  private static List<UniversalItem> items(Transcript transcript, UniversalItem.Kind kind) {
    return transcript.events(AgentEvent.ItemCompleted.class).stream()
        .map(AgentEvent.ItemCompleted::item)
        .filter(item -> item.kind() == kind)
        .toList();
  }

  private static <T extends ContentPart> Stream<T> parts(Transcript transcript, Class<T> type) {
    return transcript.events(AgentEvent.ItemCompleted.class).stream()
        .flatMap(event -> event.item().content().stream())
        .filter(type::isInstance)
        .map(type::cast);
  }
}
