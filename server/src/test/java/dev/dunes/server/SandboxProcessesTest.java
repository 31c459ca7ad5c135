package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.http.Json;
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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Processes over HTTP: waited for, followed, in the background; what they read and what ends them.
 */
class SandboxProcessesTest {
  @TempDir Path directory;
  private SandboxShop shop;
  private String processes;

  @BeforeEach
  void open() throws Exception {
    shop = new SandboxShop(directory);
    processes = "/sandboxes/" + shop.create() + "/processes";
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private static ObjectNode shell(String line) {
    ObjectNode body = Json.object().put("cmd", "/bin/sh");
    body.putArray("args").add("-c").add(line);
    return body;
  }

  private JsonNode run(ObjectNode body) throws Exception {
    return shop.post(200, processes, body);
  }

  private void refused(String message, ObjectNode body) throws Exception {
    assertThat(shop.post(400, processes, body).get("message").asString()).contains(message);
  }

  /** One event of a stream. */
  private record Event(String name, JsonNode data) {}

  private static List<Event> events(String body) {
    List<Event> events = new ArrayList<>();
    for (String frame : body.split("\n\n")) {
      String[] lines = frame.split("\n");
      assertThat(lines).hasSize(2);
      events.add(new Event(lines[0].substring(7), Shop.json(lines[1].substring(6))));
    }
    return events;
  }

  private List<Event> stream(String method, String path, String body) throws Exception {
    HttpResponse<String> answer = shop.call(method, path, body, "accept", "text/event-stream");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return events(answer.body());
  }

  private static String text(List<Event> events, String channel) {
    StringBuilder text = new StringBuilder();
    for (Event event : events) {
      if (event.name().equals(channel)) {
        assertThat(event.data().get("offset").asInt())
            .isEqualTo(text.toString().getBytes(StandardCharsets.UTF_8).length);
        text.append(event.data().get("text").asString());
      }
    }
    return text.toString();
  }

  @Test
  void waitedFor() throws Exception {
    JsonNode ran = run(shell("echo out; echo err >&2; exit 3"));
    assertThat(ran.get("processID").asString()).startsWith("p_");
    assertThat(ran.get("stdout").asString()).isEqualTo("out\n");
    assertThat(ran.get("stderr").asString()).isEqualTo("err\n");
    assertThat(ran.get("exitCode").asInt()).isEqualTo(3);
    assertThat(ran.get("durationMs").asLong()).isNotNegative();
    assertThat(run(Json.object().put("cmd", "no-such-program")).get("exitCode").asInt())
        .isEqualTo(127);
    JsonNode killed = run(shell("kill -9 $$"));
    assertThat(killed.get("exitCode").asInt()).isEqualTo(137);
    assertThat(killed.get("signal").asString()).isEqualTo("KILL");
    assertThat(run(Json.object().put("cmd", "cat").put("stdin", "given")).get("stdout").asString())
        .isEqualTo("given");
    assertThat(run(Json.object().put("cmd", "cat")).get("stdout").asString()).isEmpty();
    ObjectNode where = Json.object().put("cmd", "pwd").put("cwd", "/tmp");
    assertThat(run(where).get("stdout").asString()).isEqualTo("/tmp\n");
    assertThat(run(Json.object().put("cmd", "pwd")).get("stdout").asString())
        .isEqualTo("/workspace\n");
    ObjectNode variables = shell("echo $A");
    variables.putObject("envVars").put("A", "x y");
    assertThat(run(variables).get("stdout").asString()).isEqualTo("x y\n");
    assertThat(shop.get(processes)).isEmpty();
  }

  @Test
  void whatIsNoText() throws Exception {
    ObjectNode bytes = shell("printf 'a\\377b'");
    assertThat(run(bytes).get("stdout").asString()).isEqualTo("a\uFFFDb");
    JsonNode encoded = shop.post(200, processes + "?encoding=base64", bytes);
    assertThat(Base64.getDecoder().decode(encoded.get("stdout").asString()))
        .isEqualTo(new byte[] {'a', (byte) 0xFF, 'b'});
    assertThat(shop.call("POST", processes + "?encoding=rot13", bytes.toString()).statusCode())
        .isEqualTo(400);
  }

  @Test
  void tooMuchOutputIsCut() throws Exception {
    JsonNode ran = run(shell("head -c 12000000 /dev/zero | tr '\\0' x; echo end; echo e >&2"));
    assertThat(ran.get("stdoutTruncated").asBoolean()).isTrue();
    assertThat(ran.get("stderrTruncated").asBoolean()).isFalse();
    String kept = ran.get("stdout").asString();
    assertThat(kept.length()).isBetween(9 << 20, 10 << 20);
    assertThat(kept).endsWith("xend\n");
  }

  @Test
  void whatCannotBeRun() throws Exception {
    refused("cmd is required", Json.object());
    refused("cmd must be a string", Json.object().put("cmd", 5));
    refused("args must be a list", Json.object().put("cmd", "a").put("args", "b"));
    refused("cwd '/nowhere' does not exist", Json.object().put("cmd", "a").put("cwd", "/nowhere"));
    refused("timeout must be from 1 to 3600", Json.object().put("cmd", "a").put("timeout", 0));
    refused("timeout must be from 1 to 3600", Json.object().put("cmd", "a").put("timeout", 4000));
    refused("user", Json.object().put("cmd", "a").put("user", "nobody-known"));
    refused("cmd must have at most", Json.object().put("cmd", "x".repeat(200_000)));
    refused(
        "stdin must have at most",
        Json.object().put("cmd", "a").put("stdin", "x".repeat(1_100_000)));
    ObjectNode many = Json.object().put("cmd", "a");
    many.putArray("args").add("x".repeat(1_100_000));
    refused("args must have at most", many);
    ObjectNode odd = Json.object().put("cmd", "a");
    odd.putObject("envVars").put("A B", "x");
    refused("A B", odd);
    assertThat(shop.call("POST", "/sandboxes/inone/processes", "{\"cmd\":\"a\"}").statusCode())
        .isEqualTo(404);
  }

  @Test
  void killedAtItsTimeoutWithWhatItWrote() throws Exception {
    ObjectNode slow = shell("echo first; sleep 600 & sleep 600").put("timeout", 1);
    JsonNode answer = shop.post(502, processes, slow);
    assertThat(answer.get("code").asInt()).isEqualTo(502);
    assertThat(answer.get("error_code").asString()).isEqualTo("process_timeout");
    assertThat(answer.get("stdout").asString()).isEqualTo("first\n");
    assertThat(answer.get("exitCode").asInt()).isEqualTo(-1);
    assertThat(run(shell("pgrep sleep | wc -l")).get("stdout").asString().strip()).isEqualTo("0");
  }

  @Test
  void followed() throws Exception {
    List<Event> events =
        stream(
            "POST",
            processes,
            shell("echo out; echo err >&2; printf 'h\\303'; sleep 0.2; printf '\\244\\n'; exit 4")
                .toString());
    assertThat(events.getFirst().name()).isEqualTo("start");
    assertThat(events.getFirst().data().get("pid").asInt()).isPositive();
    assertThat(text(events, "stdout")).isEqualTo("out\nhä\n");
    assertThat(text(events, "stderr")).isEqualTo("err\n");
    assertThat(events.getLast().name()).isEqualTo("end");
    assertThat(events.getLast().data().toString()).isEqualTo("{\"exitCode\":4,\"timedOut\":false}");

    List<Event> late = stream("POST", processes, shell("sleep 600").put("timeout", 1).toString());
    assertThat(late.getLast().data().get("timedOut").asBoolean()).isTrue();

    List<Event> encoded =
        stream("POST", processes + "?encoding=base64", shell("printf '\\377'").toString());
    assertThat(encoded.get(1).data().toString()).isEqualTo("{\"data\":\"/w==\",\"offset\":0}");
  }

  @Test
  void nothingIsLostOnTheWayToASlowReader() throws Exception {
    List<Event> events = stream("POST", processes, shell("seq 1 400000").toString());
    String all = text(events, "stdout");
    assertThat(all).hasLineCount(400_000).endsWith("399999\n400000\n");
  }

  @Test
  void inTheBackground() throws Exception {
    ObjectNode body =
        shell("while read line; do echo got $line; done; echo done").put("background", true);
    JsonNode started = shop.post(202, processes, body);
    String id = started.get("processID").asString();
    String pid = started.get("pid").asString();
    JsonNode row = shop.get(processes).get(0);
    assertThat(row.get("processID").asString()).isEqualTo(id);
    assertThat(row.get("cmd").asString()).isEqualTo("/bin/sh");
    assertThat(row.get("running").asBoolean()).isTrue();

    shop.post(204, processes + "/" + pid + "/stdin", Json.object().put("data", "one\n"));
    SandboxShop.await(
        "it reads",
        () ->
            shop.get(processes + "/" + id + "/output")
                .get("stdout")
                .asString()
                .equals("got one\n"));
    JsonNode part = shop.get(processes + "/" + id + "/output?stdoutOffset=4");
    assertThat(part.get("stdout").asString()).isEqualTo("one\n");
    assertThat(part.get("stdoutOffset").asInt()).isEqualTo(4);
    assertThat(part.get("stdoutEnd").asInt()).isEqualTo(8);

    shop.post(
        204,
        processes + "/" + id + "/stdin",
        Json.object().put("data", "two\n").put("close", true));
    List<Event> replayed = stream("GET", processes + "/" + id + "/output", "");
    assertThat(text(replayed, "stdout")).isEqualTo("got one\ngot two\ndone\n");
    assertThat(replayed.getLast().name()).isEqualTo("end");
    assertThat(shop.get(processes + "/" + pid).get("exitCode").asInt()).isZero();
    JsonNode refused =
        shop.post(400, processes + "/" + id + "/stdin", Json.object().put("data", "three\n"));
    assertThat(refused.get("message").asString()).contains("takes no more input");
    assertThat(shop.call("GET", processes + "/p_unknown", "").statusCode()).isEqualTo(404);
  }

  @Test
  void signalled() throws Exception {
    ObjectNode trap =
        shell("trap 'echo interrupted; exit 7' INT; echo ready; while true; do sleep 0.05; done")
            .put("background", true);
    String path = processes + "/" + shop.post(202, processes, trap).get("pid").asString();
    SandboxShop.await(
        "it is ready", () -> shop.get(path + "/output").get("stdout").asString().equals("ready\n"));
    assertThat(shop.call("DELETE", path + "?signal=HUP", "").statusCode()).isEqualTo(400);
    assertThat(shop.call("DELETE", path + "?signal=INT", "").statusCode()).isEqualTo(204);
    SandboxShop.await("it ends", () -> !shop.get(path).get("running").asBoolean());
    assertThat(shop.get(path).get("exitCode").asInt()).isEqualTo(7);

    String tree =
        processes
            + "/"
            + shop.post(202, processes, shell("sleep 500 & sleep 500").put("background", true))
                .get("processID")
                .asString();
    assertThat(shop.call("DELETE", tree + "?signal=KILL", "").statusCode()).isEqualTo(204);
    SandboxShop.await("it ends", () -> !shop.get(tree).get("running").asBoolean());
    assertThat(shop.get(tree).get("signal").asString()).isEqualTo("KILL");
    assertThat(run(shell("pgrep -x sleep | wc -l")).get("stdout").asString().strip())
        .isEqualTo("0");
  }

  @Test
  void aClientThatLeavesEndsWhatOnlyItWaitsFor() throws Exception {
    try (RawClient client = new RawClient(shop.shop.port())) {
      send(client, shell("touch begun; sleep 501"), "*/*");
      SandboxShop.await(
          "it runs",
          () ->
              run(shell("pgrep -x sleep >/dev/null && test -e begun; echo $?"))
                  .get("stdout")
                  .asString()
                  .equals("0\n"));
    }
    SandboxShop.await(
        "it is ended",
        () -> run(shell("pgrep -x sleep | wc -l")).get("stdout").asString().strip().equals("0"));

    try (RawClient client = new RawClient(shop.shop.port())) {
      send(client, shell("echo begun; sleep 502"), "text/event-stream");
      client.readTo("begun");
    }
    JsonNode row = shop.get(processes).get(0);
    assertThat(row.get("running").asBoolean()).as("what is followed goes on").isTrue();
    shop.call("DELETE", processes + "/" + row.get("pid").asString() + "?signal=KILL", "");
  }

  private void send(RawClient client, JsonNode body, String accept) throws Exception {
    client.send(
        "POST %s HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nAccept: %s\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(processes, SandboxShop.KEY, accept, body.toString().length(), body));
  }

  @Test
  void aStreamIsCutWhenItsSandboxEnds() throws Exception {
    try (RawClient client = new RawClient(shop.shop.port())) {
      send(client, shell("echo begun; sleep 503"), "text/event-stream");
      client.readTo("begun");
      shop.call("DELETE", processes.replace("/processes", ""), "");
      assertThat(client.readAll()).doesNotContain("event: end");
    }
  }
}
