package dev.dunes.agent.claude;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.harness.McpServer;
import dev.dunes.agent.harness.Transcript;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.Step;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Which tools the real program may use, and who is asked. Query API, sheet Q9. */
@Timeout(240)
final class RealClaudeToolsTest {
  @Test
  void onlyAllowedToolsExist() {
    try (RealClaude claude = new RealClaude()) {
      Transcript read = claude.turn(o -> o.allowedTools(List.of("Read")), "Say [[text]]");
      assertThat(read.init().get("tools").toString()).isEqualTo("[\"Read\"]");

      Transcript none = claude.turn(o -> o.allowedTools(List.of()), "Say [[text]]");
      assertThat(none.init().get("tools").toString()).isEqualTo("[]");

      Transcript all = claude.turn(o -> o, "Say [[text]]");
      assertThat(all.init().get("tools").toString()).contains("Bash", "Write", "Task");
    }
  }

  /** A model that calls a tool it was not offered. */
  @Test
  void aForcedCallIsDenied() throws IOException {
    HttpServer stubborn =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    stubborn.createContext("/", RealClaudeToolsTest::force);
    stubborn.start();
    URI address = URI.create("http://127.0.0.1:" + stubborn.getAddress().getPort());
    try (RealClaude claude = new RealClaude(address)) {
      Transcript denied = claude.turn(o -> o.allowedTools(List.of("Read")), "go");
      assertThat(denied.toolOutput()).contains("\"is_error\":true").contains("Bash");
      assertThat(claude.sandbox.files().exists("/home/user/forced")).isFalse();

      Transcript none = claude.turn(o -> o.allowedTools(List.of()), "go");
      assertThat(none.toolOutput()).contains("\"is_error\":true");
      assertThat(claude.sandbox.files().exists("/home/user/forced")).isFalse();

      claude.turn(o -> o.allowedTools(List.of("Bash")), "go");
      assertThat(claude.sandbox.files().exists("/home/user/forced")).isTrue();
    } finally {
      stubborn.stop(0);
    }
  }

  private static void force(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    boolean again = body.contains("tool_result");
    String block =
        again
            ? "{\"type\":\"text\",\"text\":\"\"}"
            : "{\"type\":\"tool_use\",\"id\":\"toolu_f\",\"name\":\"Bash\",\"input\":{}}";
    String delta =
        again
            ? "{\"type\":\"text_delta\",\"text\":\"end\"}"
            : "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"command\\\":\\\"touch"
                + " /home/user/forced\\\",\\\"description\\\":\\\"d\\\"}\"}";
    String[] events = {
      "message_start",
      "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","
          + "\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
          + "\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}",
      "content_block_start",
      "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":" + block + "}",
      "content_block_delta",
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":" + delta + "}",
      "content_block_stop",
      "{\"type\":\"content_block_stop\",\"index\":0}",
      "message_delta",
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\""
          + (again ? "end_turn" : "tool_use")
          + "\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":1}}",
      "message_stop",
      "{\"type\":\"message_stop\"}"
    };
    exchange.getResponseHeaders().add("content-type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      for (int i = 0; i < events.length; i += 2) {
        out.write(
            "event: %s\ndata: %s\n\n"
                .formatted(events[i], events[i + 1])
                .getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  @Test
  void aSpecifierIsKeptAlsoBySubagents() {
    try (RealClaude claude = new RealClaude()) {
      claude.model.add(
          Scenario.of(
              "commands",
              Answer.of(new Step.Shell("echo yes && touch made-1")),
              Answer.of(new Step.Shell("touch made-2")),
              Answer.of(new Step.Shell("echo fine")),
              Answer.of(new Step.Text("done"))));
      claude.model.add(
          Scenario.of(
              "delegate",
              Answer.of(new Step.Subagent("s", "Do [[commands]]", Optional.of("helper"))),
              Answer.of(new Step.Text("returned"))));
      List<String> allowed = List.of("Bash(echo:*)", "Task");
      Transcript own = claude.turn(o -> o.allowedTools(allowed), "Do [[commands]]");
      JsonNode helper =
          Json.MAPPER.readTree("{\"helper\":{\"description\":\"h\",\"prompt\":\"You help.\"}}");
      Transcript child =
          claude.turn(o -> o.allowedTools(allowed).subagents(helper), "Do [[delegate]]");

      for (Transcript each : List.of(own, child)) {
        assertThat(each.toolOutput())
            .contains("Bash is not among the allowed tools of this run")
            .contains("fine");
      }
      assertThat(claude.sandbox.exec("ls /home/user").stdout()).doesNotContain("made-");
    }
  }

  @Test
  void toolsOfMcpServersAreBoundByTheirNames() {
    try (RealClaude claude = new RealClaude()) {
      JsonNode servers = McpServer.in(claude.sandbox);

      Transcript refused =
          claude.turn(o -> o.mcpServers(servers).allowedTools(List.of("Read")), "Use [[mcp]]");
      assertThat(refused.toolOutput()).contains("mcp__scripted__echo is not among the allowed");
      assertThat(claude.sandbox.files().exists("/home/user/mcp-called")).isFalse();

      for (String name : List.of("mcp__scripted__*", "mcp__scripted__echo", "mcp__scripted")) {
        Transcript allowed =
            claude.turn(o -> o.mcpServers(servers).allowedTools(List.of(name)), "Use [[mcp]]");
        assertThat(allowed.toolOutput()).as(name).contains("pong");
      }
      assertThat(claude.file("/home/user/mcp-called")).isEqualTo("xxx");
      assertThat(claude.sandbox.files().stat("/home/user/.claude/dunes-mcp.json").mode())
          .isEqualTo(0600);
    }
  }

  @Test
  void whoAsksIsAnsweredOnceAndForAll() {
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Do [[two]]"));
      Transcript always = Transcript.turn(session, replying(session, PermissionReply.ALWAYS));
      assertThat(always.events(AgentEvent.PermissionRequested.class)).hasSize(1);
      assertThat(claude.file("/home/user/b.txt")).isEqualTo("second\n");
    }
    try (RealClaude claude = new RealClaude();
        AgentSession session = claude.open(o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("Do [[hello]]"));
      Transcript rejected = Transcript.turn(session, replying(session, PermissionReply.REJECT));
      assertThat(rejected.events(AgentEvent.PermissionResolved.class))
          .extracting(AgentEvent.PermissionResolved::status)
          .containsExactly(AgentEvent.PermissionStatus.DENIED);
      assertThat(claude.sandbox.files().exists("/home/user/hello.txt")).isFalse();

      session.send(new Prompt("Ask [[ask]]"));
      Transcript asked =
          Transcript.turn(
              session,
              output -> {
                if (output instanceof AgentOutput.Ask ask
                    && ask.event() instanceof AgentEvent.QuestionRequested question) {
                  assertThat(question.options()).containsExactly("Red", "Blue");
                  session.answerQuestion(question.questionId(), List.of(List.of("Blue")));
                }
              });
      assertThat(asked.toolOutput()).contains("Which colour?").contains("Blue");
    }
  }

  private static Consumer<AgentOutput> replying(AgentSession session, PermissionReply reply) {
    return output -> {
      if (output instanceof AgentOutput.Ask ask
          && ask.event() instanceof AgentEvent.PermissionRequested request) {
        session.answerPermission(request.permissionId(), reply);
      }
    };
  }
}
