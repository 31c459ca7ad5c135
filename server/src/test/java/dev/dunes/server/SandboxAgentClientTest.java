package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.http.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** The npm package {@code sandbox-agent} as it is published, against this server. */
class SandboxAgentClientTest {
  private static final String TOKEN = "the-token";

  @TempDir Path directory;
  private Shop shop;

  @BeforeEach
  void open() throws IOException {
    NodeClient.modules();
    shop = new Shop(directory).set("DUNES_MOCK_PACE", "0");
    shop.configured(config -> config.token(TOKEN));
  }

  @AfterEach
  void close() {
    if (shop != null) {
      shop.close();
    }
  }

  private List<String> run(String scenario, String... arguments) throws Exception {
    try (NodeClient client =
        NodeClient.start(shop.server().uri().toString(), TOKEN, scenario, arguments)) {
      return client.lines();
    }
  }

  @Test
  void everyCommandOfTheMock() throws Exception {
    assertThat(run("talk"))
        .containsExactly(
            "mock true",
            "Reply end_turn agent_message_chunk",
            "help end_turn agent_message_chunk",
            "rich end_turn agent_message_chunk",
            "Answer end_turn agent_message_chunk,agent_message_chunk,agent_thought_chunk,agent_thought_chunk,agent_message_chunk",
            "status end_turn ",
            "markdown end_turn "
                + String.join(",", java.util.Collections.nCopies(8, "agent_message_chunk")),
            "tool end_turn tool_call,tool_call_update",
            "tool mock.search example failed mock search results",
            "readme.md,output.txt,patch.txt",
            "image end_turn agent_message_chunk,agent_message_chunk",
            "unknown end_turn ",
            "echo end_turn agent_message_chunk");
  }

  @Test
  void burstsArriveWholeAndInTheirTurn() throws Exception {
    assertThat(run("bursts")).containsExactly("1 1", "10 10", "100 100", "1 1", "10 10", "100 100");
  }

  @Test
  void aHundredThousandUpdatesWithNoneLost() throws Exception {
    assertThat(run("flood", "100000")).containsExactly("end_turn 100000");
  }

  @Test
  void permissionsAndQuestions() throws Exception {
    String asked =
        "command_execution: echo mock [once always reject] | file_change: mock_1/deny.txt [once always reject]";
    assertThat(run("permissions"))
        .containsExactly(
            "once end_turn " + asked,
            "always end_turn " + asked,
            "reject end_turn " + asked,
            "questions end_turn Choose a color: Red,Blue,Do not answer | Allow mock experiment?: Yes,No,Do not answer",
            "nobody end_turn");
  }

  @Test
  void modesModelsAndThoughtLevels() throws Exception {
    assertThat(run("settings"))
        .containsExactly(
            "modes plan build,plan",
            "options model=mock mode=plan thought_level=low",
            "model mock-fast",
            "thought level high",
            "now model=mock-fast mode=build thought_level=high");
  }

  @Test
  void twoSessionsOnOneConnection() throws Exception {
    assertThat(run("two")).containsExactly("servers 1", "servers 0");
  }

  @Test
  void cancelling() throws Exception {
    assertThat(run("cancel")).containsExactly("cancelled");
  }

  @Test
  void messagesFollowTheSchemaOfTheSdk() throws Exception {
    assertThat(run("schema"))
        .contains(
            "agent_message_chunk,agent_thought_chunk,config_option_update,tool_call,tool_call_update");
  }

  @Test
  void processes() throws Exception {
    assertThat(run("processes"))
        .containsExactly(
            "run 0 hi false",
            "timeout null true",
            "logs stdout 1",
            "tail 1",
            "stopped exited",
            "left 0",
            "config 3");
  }

  @Test
  void terminals() throws Exception {
    assertThat(run("terminal"))
        .containsExactly("ready true", "exit 3", "before|words|40 100|after words");
  }

  @Test
  void files() throws Exception {
    Path content = Files.createDirectories(directory.resolve("tar/in"));
    Files.writeString(content.resolve("tar.txt"), "from a tar\n");
    Path tar = directory.resolve("x.tar");
    Process made =
        new ProcessBuilder(
                "tar", "cf", tar.toString(), "-C", directory.resolve("tar").toString(), ".")
            .inheritIO()
            .start();
    assertThat(made.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(run("files", tar.toString()))
        .containsExactly(
            "written 5 true",
            "read hello",
            "stat 5",
            "entries a.txt:file,sub:directory",
            "batch 2 false",
            "read from a tar");
  }

  @Test
  void configuration() throws Exception {
    assertThat(run("config"))
        .containsExactly(
            "{\"type\":\"local\",\"command\":\"x\",\"args\":[\"y\"]}",
            "{\"sources\":[{\"type\":\"github\",\"source\":\"a/b\"}]}");
  }

  @Test
  void thereIsNoDesktop() throws Exception {
    assertThat(run("desktop")).containsExactly("install_required true");
  }

  /** The agents of the user's own. */
  private void own(String json) throws IOException {
    Path file = directory.resolve("agents.json");
    Files.writeString(file, json);
    shop.set("DUNES_AGENTS_FILE", file.toString());
  }

  @Test
  void anAgentThatIsNotThereLeavesTheConnectionAlone() throws Exception {
    own("{\"gone\": {\"command\": \"x\", \"directory\": \"no-such-directory\"}}");
    assertThat(run("missing-agent", "acp:gone")).containsExactly("end_turn");
  }

  @Test
  void anAgentThatDiesFailsItsPromptAndNoMore() throws Exception {
    String agent =
        """
        import sys, json, os
        for line in sys.stdin:
            asked = json.loads(line)
            method = asked.get("method")
            if method == "initialize":
                answer = {"protocolVersion": 1, "agentCapabilities": {}}
            elif method == "session/new":
                answer = {"sessionId": "s"}
            elif method == "session/prompt":
                os._exit(7)
            else:
                continue
            print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer}), flush=True)
        """;
    ObjectNode file = Json.object();
    ObjectNode mortal = file.putObject("mortal").put("command", "python3");
    mortal.putArray("args").add("-c").add(agent);
    own(file.toString());
    assertThat(run("agent-killed", "acp:mortal", "die"))
        .containsExactly("prompting", "rejected -32603", "another true");
  }

  @Test
  void aPromptDuringARestart() throws Exception {
    int port;
    try (NodeClient client = NodeClient.start(shop.server().uri().toString(), TOKEN, "restart")) {
      port = shop.port();
      assertThat(client.line()).isEqualTo("begun");
      shop.restart(port);
      assertThat(client.lines()).last().isEqualTo("end_turn");
    }
  }
}
