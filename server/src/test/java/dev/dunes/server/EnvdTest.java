package dev.dunes.server;

import static dev.dunes.server.e2b.envd.EnvdClient.pid;
import static dev.dunes.server.e2b.envd.EnvdClient.shell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.server.e2b.envd.EnvdClient;
import dev.dunes.server.http.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Processes of a sandbox, as bytes on the wire of E2B. */
class EnvdTest {
  private static final String PROCESS = "/process.Process/";

  @TempDir Path directory;
  private SandboxShop shop;
  private String id;
  private EnvdClient envd;

  @BeforeEach
  void open() throws Exception {
    shop = new SandboxShop(directory);
    id = shop.create();
    envd = new EnvdClient(shop.shop.server().uri(), id);
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private List<JsonNode> start(ObjectNode start, String... headers) throws Exception {
    return envd.stream(PROCESS + "Start", start, headers);
  }

  private static String output(List<JsonNode> messages, String channel) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (JsonNode message : messages) {
      JsonNode data = message.path("event").path("data").path(channel);
      if (data.isString()) {
        all.writeBytes(Base64.getDecoder().decode(data.asString()));
      }
    }
    return all.toString(StandardCharsets.UTF_8);
  }

  private static long ends(List<JsonNode> messages) {
    return messages.stream().filter(message -> message.path("event").has("end")).count();
  }

  /** Here it is the message that does not come in time. */
  @Test
  void aCallWithoutAStreamEndsWhenItsClientWaitsNoMore() throws Exception {
    try (RawClient client = new RawClient(shop.shop.server().uri().getPort())) {
      client.send(
          "POST /filesystem.Filesystem/Stat HTTP/1.1\r\nHost: localhost\r\nE2b-Sandbox-Id: %s\r\nE2b-Sandbox-Port: 49983\r\nContent-Type: application/json\r\nConnect-Timeout-Ms: 300\r\nContent-Length: 100\r\n\r\n{"
              .formatted(id));
      assertThat(client.readTo("}")).contains("504", "deadline_exceeded", "300 ms");
    }
    JsonNode there =
        envd.unary(
            200,
            "/filesystem.Filesystem/Stat",
            Json.object().put("path", "/tmp"),
            "connect-timeout-ms",
            "60000");
    assertThat(there.get("entry").get("path").asString()).isEqualTo("/tmp");
  }

  @Test
  void aCommandFromItsStartToItsEnd() throws Exception {
    List<JsonNode> messages = start(shell("echo hi"));

    assertThat(messages.getFirst().toString())
        .matches("\\{\"event\":\\{\"start\":\\{\"pid\":\\d+}}}");
    assertThat(messages.subList(1, messages.size()))
        .map(JsonNode::toString)
        .containsExactly(
            "{\"event\":{\"data\":{\"stdout\":\"aGkK\"}}}",
            "{\"event\":{\"end\":{\"exited\":true,\"status\":\"exit status 0\"}}}",
            "{}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exit 7 | {\"exitCode\":7,\"exited\":true,\"status\":\"exit status 7\",\"error\":\"exit status 7\"}",
        "kill -9 $$ | {\"exitCode\":-1,\"status\":\"signal: killed\",\"error\":\"signal: killed\"}",
        "kill -TERM $$ | {\"exitCode\":-1,\"status\":\"signal: terminated\",\"error\":\"signal: terminated\"}",
      })
  void howItEnded(String line, String end) throws Exception {
    List<JsonNode> messages = start(shell(line));

    assertThat(messages.get(messages.size() - 2).path("event").path("end").toString())
        .isEqualTo(end);
  }

  @Test
  void itFindsItselfAtHome() throws Exception {
    ObjectNode start =
        shell("pwd; id -un; echo $HOME $USER $LOGNAME $E2B_SANDBOX $E2B_SANDBOX_ID $A");
    ((ObjectNode) start.get("process")).putObject("envs").put("A", "a");

    assertThat(output(start(start), "stdout"))
        .isEqualTo("/home/user\nuser\n/home/user user user true %s a\n".formatted(id));
  }

  @Test
  void whatCannotBeStartedIsSaid() throws Exception {
    ObjectNode nowhere = shell("true");
    ((ObjectNode) nowhere.get("process")).put("cwd", "~/none");
    assertThat(start(nowhere).toString())
        .isEqualTo(
            "[{\"error\":{\"code\":\"invalid_argument\",\"message\":\"cwd '/home/user/none' does not exist\"}}]");
    String nobody = Base64.getEncoder().encodeToString("x:".getBytes(StandardCharsets.UTF_8));
    assertThat(start(shell("true"), "authorization", "Basic " + nobody).toString())
        .isEqualTo(
            "[{\"error\":{\"code\":\"unauthenticated\",\"message\":\"invalid username: 'x'\"}}]");
    String root = Base64.getEncoder().encodeToString("root:".getBytes(StandardCharsets.UTF_8));
    assertThat(start(shell("true"), "authorization", "Basic " + root).toString())
        .contains("permission_denied", "this sandbox has one user");
    assertThat(start(Json.object()).toString())
        .contains("invalid_argument", "process.cmd is required");
    assertThat(start(shell("true"), "connect-timeout-ms", "soon").toString())
        .contains("invalid_argument", "Connect-Timeout-Ms");
  }

  @Test
  void aTimeoutKillsEverything() throws Exception {
    List<JsonNode> messages =
        start(shell("echo before; sleep 777 & sleep 777"), "connect-timeout-ms", "700");

    assertThat(output(messages, "stdout")).isEqualTo("before\n");
    assertThat(ends(messages)).isZero();
    assertThat(messages.getLast().path("error").path("code").asString())
        .isEqualTo("deadline_exceeded");
    assertThat(output(start(shell("ps -eo args | grep -c '[s]leep 777'")), "stdout"))
        .isEqualTo("0\n");
  }

  @Test
  void inputAndItsEnd() throws Exception {
    try (EnvdClient.Stream cat = envd.open(PROCESS + "Start", shell("cat; echo end"))) {
      long pid = cat.pid();
      ObjectNode input = pid(pid);
      input.putObject("input").put("stdin", "YWJj");
      assertThat(envd.unary(200, PROCESS + "SendInput", input).isEmpty()).isTrue();
      envd.unary(200, PROCESS + "CloseStdin", pid(pid));

      List<JsonNode> rest = cat.rest();
      assertThat(output(rest, "stdout")).isEqualTo("abcend\n");
      assertThat(envd.unary(404, PROCESS + "SendInput", input).toString())
          .isEqualTo(
              "{\"code\":\"not_found\",\"message\":\"process with pid %d not found\"}"
                  .formatted(pid));
    }
  }

  @Test
  void inputAsAStream() throws Exception {
    ObjectNode tagged = shell("cat");
    tagged.put("tag", "it");
    try (EnvdClient.Stream cat = envd.open(PROCESS + "Start", tagged)) {
      long pid = cat.pid();
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      body.writeBytes(message("{\"start\":{\"process\":{\"tag\":\"it\"}}}"));
      body.writeBytes(message("{\"data\":{\"input\":{\"stdin\":\"YQ==\"}}}"));
      body.writeBytes(message("{\"keepalive\":{}}"));
      body.writeBytes(message("{\"data\":{\"input\":{\"stdin\":\"Yg==\"}}}"));
      HttpResponse<byte[]> answer =
          envd.post(
              PROCESS + "StreamInput",
              body.toByteArray(),
              "content-type",
              "application/connect+json");
      assertThat(new String(answer.body(), StandardCharsets.ISO_8859_1))
          .isEqualTo("\0\0\0\0\2{}\2\0\0\0\2{}");
      envd.unary(200, PROCESS + "CloseStdin", pid(pid));
      assertThat(output(cat.rest(), "stdout")).isEqualTo("ab");
    }
  }

  private static byte[] message(String json) {
    return EnvdClient.frame(0, json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void inputThatCannotBe() throws Exception {
    ObjectNode closed = shell("sleep 100");
    closed.put("stdin", false);
    ObjectNode terminal = shell("sleep 100");
    terminal.putObject("pty").putObject("size").put("cols", 80).put("rows", 24);
    try (EnvdClient.Stream first = envd.open(PROCESS + "Start", closed);
        EnvdClient.Stream second = envd.open(PROCESS + "Start", terminal)) {
      long withoutInput = first.pid();
      long onTerminal = second.pid();
      ObjectNode input = pid(withoutInput);
      input.putObject("input").put("stdin", "YQ==");
      assertThat(envd.unary(500, PROCESS + "SendInput", input).path("code").asString())
          .isEqualTo("internal");
      input = pid(onTerminal);
      input.putObject("input").put("stdin", "YQ==");
      assertThat(envd.unary(500, PROCESS + "SendInput", input).path("code").asString())
          .isEqualTo("internal");
      assertThat(envd.unary(500, PROCESS + "CloseStdin", pid(onTerminal)).path("code").asString())
          .isEqualTo("unknown");
      assertThat(envd.unary(400, PROCESS + "SendSignal", pid(onTerminal)).path("code").asString())
          .isEqualTo("invalid_argument");
      for (long pid : List.of(withoutInput, onTerminal)) {
        envd.unary(200, PROCESS + "SendSignal", pid(pid).put("signal", "SIGNAL_SIGKILL"));
      }
      assertThat(ends(first.rest())).isEqualTo(1);
      assertThat(ends(second.rest())).isEqualTo(1);
    }
  }

  /** One tag hides no other. */
  @Test
  void processesAreFoundByTheirTags() throws Exception {
    List<EnvdClient.Stream> streams = new ArrayList<>();
    for (String tag : List.of("first", "second", "third")) {
      ObjectNode start = shell("sleep 100");
      start.put("tag", tag);
      EnvdClient.Stream stream = envd.open(PROCESS + "Start", start);
      stream.next();
      streams.add(stream);
    }
    JsonNode list = envd.unary(200, PROCESS + "List", Json.object());
    assertThat(list.path("processes").valueStream().map(row -> row.path("tag").asString()))
        .containsExactly("first", "second", "third");
    assertThat(list.path("processes").get(0).path("config").toString())
        .isEqualTo("{\"cmd\":\"/bin/sh\",\"args\":[\"-c\",\"sleep 100\"],\"cwd\":\"/home/user\"}");
    for (String tag : List.of("third", "first", "second")) {
      ObjectNode signal = Json.object().put("signal", 15);
      signal.putObject("process").put("tag", tag);
      envd.unary(200, PROCESS + "SendSignal", signal);
    }
    for (EnvdClient.Stream stream : streams) {
      assertThat(stream.rest().toString()).contains("signal: terminated");
      stream.close();
    }
    assertThat(envd.unary(200, PROCESS + "List", Json.object()).toString()).isEqualTo("{}");
  }

  /** A client that leaves kills nothing, and what was written meanwhile is there for it. */
  @Test
  void outputCanBeReadAgain() throws Exception {
    long pid;
    try (EnvdClient.Stream stream =
        envd.open(PROCESS + "Start", shell("echo one; read x; echo two; echo bad >&2; read y"))) {
      pid = stream.pid();
      assertThat(stream.next().orElseThrow().toString()).contains("b25lCg==");
    }
    ObjectNode enter = pid(pid);
    enter.putObject("input").put("stdin", "Cg==");
    envd.unary(200, PROCESS + "SendInput", enter);
    try (EnvdClient.Stream again =
            envd.open(PROCESS + "Connect", pid(pid), "dunes-replay-from", "0");
        EnvdClient.Stream rest =
            envd.open(PROCESS + "Connect", pid(pid), "dunes-replay-from", "4,0")) {
      assertThat(again.answer.headers().firstValue("dunes-replay-start")).hasValue("0,0");
      envd.unary(200, PROCESS + "SendInput", enter);
      List<JsonNode> all = again.rest();
      assertThat(output(all, "stdout")).isEqualTo("one\ntwo\n");
      assertThat(output(all, "stderr")).isEqualTo("bad\n");
      assertThat(ends(all)).isEqualTo(1);
      assertThat(output(rest.rest(), "stdout")).isEqualTo("two\n");
    }
    // The end is known for a while; without the header there is no old output.
    List<JsonNode> late = envd.stream(PROCESS + "Connect", pid(pid));
    assertThat(late).hasSize(3);
    assertThat(ends(late)).isEqualTo(1);
    assertThat(envd.stream(PROCESS + "Connect", pid(pid), "dunes-replay-from", "all").toString())
        .contains("invalid_argument");
    assertThat(envd.stream(PROCESS + "Connect", pid(4_000_000)).toString())
        .contains("not_found", "process with pid 4000000 not found");
  }

  @Test
  void aTimeoutEndsAConnectionOnly() throws Exception {
    try (EnvdClient.Stream stream = envd.open(PROCESS + "Start", shell("sleep 100"))) {
      long pid = stream.pid();
      List<JsonNode> messages =
          envd.stream(PROCESS + "Connect", pid(pid), "connect-timeout-ms", "100");
      assertThat(messages.getLast().toString()).contains("deadline_exceeded");
      envd.unary(200, PROCESS + "SendSignal", pid(pid).put("signal", 9));
      assertThat(ends(stream.rest())).isEqualTo(1);
    }
  }

  @Test
  void silenceIsBroken() throws Exception {
    try (EnvdClient.Stream stream =
        envd.open(PROCESS + "Start", shell("sleep 100"), "keepalive-ping-interval", "1")) {
      long pid = stream.pid();
      assertThat(stream.next().orElseThrow().toString())
          .isEqualTo("{\"event\":{\"keepalive\":{}}}");
      envd.unary(200, PROCESS + "SendSignal", pid(pid).put("signal", 9));
      assertThat(ends(stream.rest())).isEqualTo(1);
    }
  }

  /** No end is told of a process that ended with its sandbox: the connection breaks. */
  @Test
  void aSandboxThatIsKilledCutsItsStreams() throws Exception {
    try (EnvdClient.Stream stream = envd.open(PROCESS + "Start", shell("echo up; sleep 100"))) {
      stream.pid();
      stream.next();
      shop.call("DELETE", "/sandboxes/" + id, "");
      assertThatThrownBy(stream::rest).isInstanceOf(IOException.class);
    }
    HttpResponse<byte[]> health = envd.get("/health");
    assertThat(health.statusCode()).isEqualTo(502);
    assertThat(new String(health.body(), StandardCharsets.UTF_8))
        .startsWith(
            "{\"sandboxId\":\"%s\",\"message\":\"The sandbox was not found\",\"code\":502,\"reason\":\"killed"
                .formatted(id))
        .endsWith("\"}");
  }

  @Test
  void aTerminalAndItsSize() throws Exception {
    ObjectNode start = shell("stty size; read x; stty size");
    start.putObject("pty").putObject("size").put("cols", 77).put("rows", 11);
    try (EnvdClient.Stream stream = envd.open(PROCESS + "Start", start)) {
      long pid = stream.pid();
      assertThat(output(List.of(stream.next().orElseThrow()), "pty")).isEqualTo("11 77\r\n");
      ObjectNode size = pid(pid);
      size.putObject("pty").putObject("size").put("cols", 100).put("rows", 30);
      envd.unary(200, PROCESS + "Update", size);
      ObjectNode enter = pid(pid);
      enter.putObject("input").put("pty", "Cg==");
      envd.unary(200, PROCESS + "SendInput", enter);
      assertThat(output(stream.rest(), "pty")).contains("30 100\r\n");
    }
  }
}
