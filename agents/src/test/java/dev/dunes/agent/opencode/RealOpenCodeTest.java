package dev.dunes.agent.opencode;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.Attachment;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.RealAgent;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.RecordedRequest;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.Step;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What the real OpenCode says and does when nothing goes wrong. */
@Timeout(300) // each server takes seconds of a processor to start
final class RealOpenCodeTest {
  @Test
  void wordsToolsAndTheirResults() {
    try (RealAgent opencode = new RealAgent("opencode");
        AgentSession session = opencode.open(o -> o.partialMessages(true))) {
      session.send(new Prompt("Please do [[hello]]"));
      Transcript transcript = Transcript.turn(session);

      assertThat(transcript.outcome().success()).as(transcript.toString()).isTrue();
      assertThat(transcript.outcome().reason()).isEqualTo("success");
      assertThat(transcript.outcome().text()).contains("Done. hello.txt contains hi.");
      assertThat(transcript.outcome().turns()).isEqualTo(2);
      assertThat(transcript.outcome().tokens()).isEqualTo(new TokenUsage(240, 0, 40));
      assertThat(opencode.file("/home/user/hello.txt")).isEqualTo("hi\n");
      assertThat(items(transcript, UniversalItem.Kind.TOOL_CALL))
          .singleElement()
          .satisfies(item ->
              assertThat(item.content())
                  .singleElement()
                  .isInstanceOfSatisfying(
                      ContentPart.ToolCall.class,
                      call -> {
                        assertThat(call.name()).isEqualTo("bash");
                        assertThat(call.arguments()).contains("echo hi");
                      }));
      assertThat(items(transcript, UniversalItem.Kind.TOOL_RESULT))
          .singleElement()
          .satisfies(item -> assertThat(item.content().toString()).contains("hi"));
      assertThat(transcript.events(AgentEvent.SessionStarted.class)).hasSize(1);
      assertThat(
              transcript.events(AgentEvent.ItemDelta.class).stream()
                  .map(AgentEvent.ItemDelta::delta))
          .contains("Done. hello.");
      // One request a step, none for a title; the token of the run and no other key.
      assertThat(opencode.model.requests())
          .hasSize(2)
          .allSatisfy(request -> {
            assertThat(request.path()).isEqualTo("/v1/messages");
            assertThat(request.headers().get("x-api-key")).containsExactly("run-token-1");
          });
      assertThat(opencode.model.unknownRoutes()).isZero();
      assertThat(opencode.processes()).isNotEmpty().noneMatch(line -> line.contains("run-token-1"));

      session.send(new Prompt("Say [[think]]"));
      Transcript second = Transcript.turn(session);
      assertThat(second.outcome().tokens()).isEqualTo(new TokenUsage(240, 0, 40));
      assertThat(parts(second, ContentPart.Reasoning.class).map(ContentPart.Reasoning::text))
          .containsExactly("Let me think about it.", "Nearly there.");

      session.send(new Prompt("Do [[fail]]"));
      Transcript third = Transcript.turn(session);
      assertThat(third.outcome().success()).isTrue();
      assertThat(items(third, UniversalItem.Kind.TOOL_RESULT))
          .singleElement()
          .satisfies(item -> {
            assertThat(item.status()).isEqualTo(UniversalItem.Status.FAILED);
            assertThat(item.content().toString()).contains("boom");
          });
    }
  }

  @Test
  void filesThatWereWrittenReadAndChanged() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      Transcript transcript = opencode.turn(o -> o, "Do [[edit]] in [[cwd:/home/user]]");

      assertThat(opencode.file("/home/user/edited.txt")).isEqualTo("after\n");
      assertThat(parts(transcript, ContentPart.FileRef.class))
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
  void picturesFilesAndLongMessages() throws IOException {
    try (RealAgent opencode = new RealAgent("opencode");
        AgentSession session = opencode.open(o -> o)) {
      opencode.sandbox.files().write("/home/user/notes of mine.txt", "NOTE-77\n");
      session.send(
          new Prompt(
              "Look [[text]]",
              List.of(
                  new Attachment.Image("image/png", png()),
                  new Attachment.File("/home/user/notes of mine.txt", Optional.empty()))));
      Transcript transcript = Transcript.turn(session);

      assertThat(transcript.outcome().success()).as(transcript.toString()).isTrue();
      assertAsked(opencode, "\"image/png\"", "NOTE-77");

      session.send(new Prompt("x".repeat(200 << 10) + " [[text]]"));
      assertThat(Transcript.turn(session).outcome().success()).isTrue();
      assertAsked(opencode, "x".repeat(200 << 10));

      opencode.model.add(Scenario.of("long", Answer.of(new Step.Text("y".repeat(200 << 10)))));
      session.send(new Prompt("Say [[long]]"));
      Transcript answer = Transcript.turn(session);
      assertThat(answer.outcome().text().orElseThrow()).hasSize(200 << 10);

      assertThatThrownBy(() ->
              session.send(
                  new Prompt("a", List.of(new Attachment.Image("image/tiff", new byte[0])))))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("invalid_attachment"));

      // What OpenCode itself cannot take ends the turn, and the session goes on.
      session.send(
          new Prompt(
              "Look [[text]]",
              List.of(new Attachment.Image("image/png", "no png".getBytes(UTF_8)))));
      Transcript broken = Transcript.turn(session);
      assertThat(broken.outcome().success()).isFalse();
      assertThat(broken.events(AgentEvent.Failed.class)).hasSize(1);
      session.send(new Prompt("Say [[text]]"));
      assertThat(Transcript.turn(session).outcome().success()).isTrue();
    }
  }

  static byte[] png() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB), "png", bytes);
    return bytes.toByteArray();
  }

  @Test
  void subagentsBelongToTheCallThatStartedThem() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      opencode.model.add(
          Scenario.of(
              "child",
              Answer.of(new Step.Shell("echo child > child.txt")),
              Answer.of(new Step.Text("child done"))));
      opencode.model.add(
          Scenario.of(
              "parent",
              Answer.of(new Step.Subagent("sub run", "Do [[child]]", Optional.of("helper"))),
              Answer.of(new Step.Text("Subagent returned."))));
      JsonNode helper =
          Json.MAPPER.readTree(
              "[{\"name\":\"helper\",\"description\":\"helps\",\"prompt\":\"YOU-HELP {env:HOME}\","
                  + "\"tools\":[\"Bash\"]}]");
      Transcript transcript = opencode.turn(o -> o.subagents(helper), "Delegate [[parent]]");

      assertThat(opencode.file("/home/user/child.txt")).isEqualTo("child\n");
      assertThat(transcript.outcome().success()).as(transcript.toString()).isTrue();
      assertThat(transcript.outcome().text()).contains("Subagent returned.");
      assertThat(transcript.outcome().turns()).isEqualTo(2);
      assertThat(transcript.outcome().tokens()).isEqualTo(new TokenUsage(480, 0, 80));
      String call =
          items(transcript, UniversalItem.Kind.TOOL_CALL).getFirst().nativeItemId().orElseThrow();
      assertThat(
              transcript.events(AgentEvent.ItemCompleted.class).stream()
                  .map(AgentEvent.ItemCompleted::item)
                  .filter(item -> item.content().contains(new ContentPart.Text("child done"))))
          .singleElement()
          .satisfies(item -> assertThat(item.parentId()).contains(call));
      assertThat(opencode.model.requests().stream().map(RecordedRequest::bodyText))
          .matches(
              bodies -> bodies.stream().anyMatch(body -> body.contains("YOU-HELP {env:HOME}")));
    }
  }

  @Test
  void serversOfMcpGiveTools() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      opencode.sandbox.files().write("/home/user/echo.py", ECHO);
      JsonNode servers =
          Json.MAPPER.readTree(
              "{\"scripted\":{\"command\":\"python3\",\"args\":[\"/home/user/echo.py\"],"
                  + "\"env\":{\"ANSWER\":\"pong\"}}}");
      Transcript transcript = opencode.turn(o -> o.mcpServers(servers), "Use [[mcp]]");

      assertThat(transcript.outcome().success()).as(transcript.toString()).isTrue();
      assertThat(items(transcript, UniversalItem.Kind.TOOL_RESULT))
          .singleElement()
          .satisfies(item -> assertThat(item.content().toString()).contains("pong ping"));
    }
  }

  static final String ECHO =
      """
      import json, os, sys
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
              text = os.environ['ANSWER'] + ' ' + m['params']['arguments']['text']
              r = {'content': [{'type': 'text', 'text': text}]}
          print(json.dumps({'jsonrpc': '2.0', 'id': m['id'], 'result': r}), flush=True)
      """;

  @Test
  void modesModelsAndPrompts() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      opencode
          .sandbox
          .files()
          .write(
              "/home/user/.config/opencode/agents/poet.md",
              "---\ndescription: writes verse\nmode: primary\n---\nYOU-ARE-A-POET\n");
      try (AgentSession session =
          opencode.open(o ->
              o.mode("poet")
                  .model("claude-one")
                  .variant("high")
                  .appendSystemPrompt("APPENDED-1"))) {
        assertThat(session.modes().orElseThrow().stream().map(AgentMode::id))
            .contains("build", "plan", "poet")
            .doesNotContain("general", "title");
        session.send(new Prompt("Say [[text]]"));
        Transcript.turn(session);
        assertAsked(
            opencode, "YOU-ARE-A-POET", "APPENDED-1", "\"claude-one\"", "\"effort\":\"high\"");

        assertThatThrownBy(() -> session.setMode("nobody"))
            .isInstanceOfSatisfying(
                AgentException.class,
                e -> {
                  assertThat(e.code()).isEqualTo("mode_not_supported");
                  assertThat(e.remedy().orElseThrow()).contains("build", "poet");
                });
        opencode.model.add(
            Scenario.of(
                "raw",
                Answer.of(new Step.RawTool("write", Json.MAPPER.readTree(WRITE))),
                Answer.of(new Step.Text("I tried."))));
        session.setMode("plan");
        session.setModel("gpt-two", Optional.of("low"));
        session.send(new Prompt("Write [[raw]]"));
        Transcript planned = Transcript.turn(session);
        // Another model is another server; the conversation is the same.
        RecordedRequest request = opencode.model.requests().getLast();
        assertThat(request.path()).isEqualTo("/v1/responses");
        assertAsked(opencode, "\"gpt-two\"", "Say [[text]]", "APPENDED-1");
        assertThat(planned.events(AgentEvent.SessionStarted.class)).isEmpty();
        assertThat(opencode.sandbox.files().exists("/home/user/made.txt")).isFalse();

        session.setMode("build");
        session.setModel("local-three", Optional.empty());
        session.send(new Prompt("Write [[raw]]"));
        Transcript built = Transcript.turn(session);
        assertThat(built.outcome().success()).as(built.toString()).isTrue();
        assertThat(opencode.file("/home/user/made.txt")).isEqualTo("made by write\n");
        assertAsked(opencode, "\"local-three\"");

        session.setModel("claude-one", Optional.of("immense"));
        session.send(new Prompt("Say [[text]]"));
        assertThat(Transcript.turn(session).outcome())
            .satisfies(outcome -> {
              assertThat(outcome.reason()).isEqualTo("model_not_supported");
              assertThat(outcome.text().orElseThrow()).contains("immense");
            });
      }
    }
  }

  @Test
  void aSystemPromptIsReplacedAndASubagentDoesNotLead() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      assertThatThrownBy(() -> opencode.open(o -> o.mode("general")))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("mode_not_supported"));
      assertThat(opencode.processes()).isEmpty();
      opencode.turn(o -> o.systemPrompt(Json.MAPPER.valueToTree("ONLY-THIS")), "Say [[text]]");
      assertAsked(opencode, "ONLY-THIS");
      assertNotAsked(opencode, "You are opencode");
    }
  }

  private static final String WRITE =
      "{\"filePath\":\"/home/user/made.txt\",\"content\":\"made by write\\n\"}";

  @Test
  void aConversationIsResumedAndForked() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      String id;
      try (AgentSession session = opencode.open(o -> o)) {
        session.send(new Prompt("Remember BLUE [[text]]"));
        Transcript.turn(session);
        id = session.nativeSessionId().orElseThrow();
      }
      Transcript resumed = opencode.turn(o -> o.resume(id, false), "And now [[hello]]");
      assertThat(resumed.outcome().success()).isTrue();
      assertThat(resumed.events(AgentEvent.SessionStarted.class)).hasSize(1);
      assertThat(resumed.outcome().tokens()).isEqualTo(new TokenUsage(240, 0, 40));
      assertAsked(opencode, "Remember BLUE");

      try (AgentSession forked = opencode.open(o -> o.resume(id, true))) {
        assertThat(forked.nativeSessionId()).isPresent().isNotEqualTo(Optional.of(id));
        forked.send(new Prompt("Elsewhere [[text]]"));
        assertThat(Transcript.turn(forked).outcome().success()).isTrue();
        assertAsked(opencode, "Remember BLUE", "And now [[hello]]");
      }
      opencode.turn(o -> o.resume(id, false), "Again [[text]]");
      assertNotAsked(opencode, "Elsewhere");

      assertThatThrownBy(() -> opencode.open(o -> o.resume("ses_missing", false)))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("resume_failed"));
      assertThat(opencode.processes()).isEmpty();
    }
  }

  @Test
  void answersThatFollowASchema() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      JsonNode schema =
          Json.MAPPER.readTree(
              "{\"type\":\"object\",\"properties\":{\"ok\":{\"type\":\"boolean\"},\"files\":"
                  + "{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"maxItems\":1}},"
                  + "\"required\":[\"ok\",\"files\"]}");
      try (AgentSession session = opencode.open(o -> o.outputSchema(schema))) {
        session.send(new Prompt("Give [[struct]]"));
        Transcript good = Transcript.turn(session);
        assertThat(good.outcome().success()).as(good.toString()).isTrue();
        assertThat(good.outcome().structured().orElseThrow().get("files").get(0).asString())
            .isEqualTo("a.txt");

        // OpenCode takes what our own look at the schema does not: asked for once more, then no.
        opencode.model.add(
            Scenario.of(
                "bad",
                Answer.of(
                    new Step.Structured(
                        Json.MAPPER.readTree("{\"ok\":true,\"files\":[\"a\",\"b\"]}"))),
                Answer.of(new Step.Text("no"))));
        session.send(new Prompt("Give [[bad]]"));
        Transcript bad = Transcript.turn(session);
        assertThat(bad.outcome().success()).as(bad.toString()).isFalse();
        assertThat(bad.outcome().structured()).isEmpty();
        assertThat(bad.outcome().reason()).isEqualTo("error_max_structured_output_retries");
        assertThat(bad.all(AgentOutput.Superseded.class)).isNotEmpty();
        assertAsked(opencode, "does not satisfy the required schema");
      }
    }
  }

  @Test
  void toolsThatAreNotAllowedAreNotThere() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      opencode.turn(o -> o.allowedTools(List.of("Read", "Bash(echo:*)")), "Say [[text]]");
      assertThat(tools(opencode)).containsExactlyInAnyOrder("read", "bash");
      Transcript denied =
          opencode.turn(o -> o.allowedTools(List.of("Bash(cat:*)")), "Please do [[hello]]");
      assertThat(opencode.sandbox.files().exists("/home/user/hello.txt")).isFalse();
      assertThat(items(denied, UniversalItem.Kind.TOOL_RESULT))
          .singleElement()
          .satisfies(item -> assertThat(item.status()).isEqualTo(UniversalItem.Status.FAILED));
      Transcript allowed =
          opencode.turn(
              o -> o.allowedTools(List.of("Bash(cat:*)", "Bash(echo:*)")), "Please do [[hello]]");
      assertThat(allowed.outcome().success()).isTrue();
      assertThat(opencode.file("/home/user/hello.txt")).isEqualTo("hi\n");
      opencode.turn(o -> o.allowedTools(List.of()), "Say [[text]]");
      assertThat(tools(opencode)).isEmpty();
      assertThatThrownBy(() -> opencode.open(o -> o.allowedTools(List.of("Read(/src/**)"))))
          .isInstanceOfSatisfying(
              AgentException.class, e -> assertThat(e.code()).isEqualTo("invalid_options"));
    }
  }

  @Test
  void theNumberOfTurnsIsKept() {
    try (RealAgent opencode = new RealAgent("opencode")) {
      // A model takes longer to answer than a server to hear that it shall stop.
      opencode.model.latency(Duration.ofSeconds(2));
      Transcript transcript = opencode.turn(o -> o.maxTurns(1), "Do [[two]]");

      assertThat(transcript.outcome().success()).isFalse();
      assertThat(transcript.outcome().reason()).isEqualTo("error_max_turns");
      assertThat(opencode.sandbox.files().exists("/home/user/b.txt")).isFalse();
      assertThat(
              opencode
                  .turn(o -> o.permissions(PermissionPolicy.READ_ONLY), "Please do [[hello]]")
                  .outcome()
                  .turns())
          .isPositive();
      assertThat(opencode.sandbox.files().exists("/home/user/hello.txt")).isFalse();
    }
  }

  private static List<String> tools(RealAgent opencode) {
    return opencode
        .model
        .requests()
        .getLast()
        .json()
        .path("tools")
        .valueStream()
        .map(tool -> tool.get("name").asString())
        .toList();
  }

  /** Says what is missing, not the whole request: that holds the vendor's prompts. */
  private static void assertAsked(RealAgent opencode, String... parts) {
    String body = opencode.model.requests().getLast().bodyText();
    assertThat(parts).allMatch(body::contains);
  }

  private static void assertNotAsked(RealAgent opencode, String... parts) {
    String body = opencode.model.requests().getLast().bodyText();
    assertThat(parts).noneMatch(body::contains);
  }

  static List<UniversalItem> items(Transcript transcript, UniversalItem.Kind kind) {
    return transcript.events(AgentEvent.ItemCompleted.class).stream()
        .map(AgentEvent.ItemCompleted::item)
        .filter(item -> item.kind() == kind)
        .toList();
  }

  static <T extends ContentPart> Stream<T> parts(Transcript transcript, Class<T> type) {
    return transcript.events(AgentEvent.ItemCompleted.class).stream()
        .flatMap(event -> event.item().content().stream())
        .filter(type::isInstance)
        .map(type::cast);
  }
}
