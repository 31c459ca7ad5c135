package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.http.Json;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Sandboxes over HTTP, real ones: made, listed, paused, ended; who may, and how many. */
class SandboxApiTest {
  @TempDir Path directory;
  private SandboxShop shop;

  @BeforeEach
  void open() throws Exception {
    shop = new SandboxShop(directory);
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private void refused(int status, String message, String method, String path, String body)
      throws Exception {
    HttpResponse<String> answer = shop.call(method, path, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    JsonNode json = Shop.json(answer.body());
    assertThat(json.get("code").asInt()).isEqualTo(status);
    assertThat(json.get("message").asString()).contains(message);
    if (status == 409) {
      assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
    }
  }

  @Test
  void aSandboxFromItsMakingToItsEnd() throws Exception {
    ObjectNode wanted = Json.object().put("timeout", 120).put("secure", true);
    wanted.putObject("metadata").put("who", "me & you");
    wanted.putObject("envVars").put("GREETING", "hello");
    JsonNode made = shop.create(wanted);
    String id = made.get("sandboxID").asString();
    assertThat(id).matches("[a-z0-9]+");
    assertThat(made.propertyNames())
        .containsExactly(
            "sandboxID",
            "templateID",
            "clientID",
            "status",
            "state",
            "startedAt",
            "endAt",
            "cpuCount",
            "memoryMB",
            "diskSizeMB",
            "metadata",
            "envdVersion",
            "envdAccessToken",
            "trafficAccessToken",
            "domain",
            "volumeMounts",
            "lifecycle",
            "allowInternetAccess");
    assertThat(made.get("status").asString()).isEqualTo("running");
    assertThat(made.get("cpuCount").toString()).isEqualTo("2");
    assertThat(made.get("memoryMB").asInt()).isEqualTo(512);
    assertThat(Instant.parse(made.get("endAt").asString()))
        .isAfter(Instant.parse(made.get("startedAt").asString()).plusSeconds(119));
    assertThat(shop.get("/sandboxes/" + id)).isEqualTo(made);
    assertThat(shop.get("/sandboxes/" + id + "-49983")).isEqualTo(made);
    assertThat(shop.sh(id, "echo $GREETING").get("stdout").asString()).isEqualTo("hello\n");

    String other = shop.create();
    assertThat(ids("")).containsExactly(other, id);
    assertThat(ids("?limit=1")).containsExactly(other);
    assertThat(ids("?metadata=who%3Dme%2520%2526%2520you")).containsExactly(id);
    assertThat(ids("?metadata=who%3Dme%252520%252526%252520you")).containsExactly(id);
    assertThat(ids("?metadata=who%3Dyou")).isEmpty();
    refused(400, "status must be", "GET", "/sandboxes?status=dead", "");
    refused(400, "limit must be", "GET", "/sandboxes?limit=0", "");

    HttpResponse<String> ended = shop.call("DELETE", "/sandboxes/" + id, "");
    assertThat(ended.statusCode()).isEqualTo(204);
    assertThat(ended.body()).isEmpty();
    assertThat(SandboxShop.atProvider(Map.of("dunes.hosted", id))).isZero();
    refused(404, "(killed at 2", "GET", "/sandboxes/" + id, "");
    refused(404, "(killed at 2", "DELETE", "/sandboxes/" + id, "");
    refused(404, "(never existed)", "GET", "/sandboxes/inothing", "");
    refused(400, "Invalid sandbox ID", "GET", "/sandboxes/A_b", "");
  }

  private List<String> ids(String query) throws Exception {
    List<String> ids = new ArrayList<>();
    shop.get("/sandboxes" + query).forEach(row -> ids.add(row.get("sandboxID").asString()));
    return ids;
  }

  @Test
  void whatCannotBeMade() throws Exception {
    refused(400, "unknown template: foo", "POST", "/sandboxes", "{\"templateID\":\"foo\"}");
    refused(400, "templateID is required", "POST", "/sandboxes", "");
    refused(400, "templateID is required", "POST", "/sandboxes", "{\"templateID\":null}");
    refused(400, "templateID must be a string", "POST", "/sandboxes", "{\"templateID\":5}");
    refused(400, "invalid JSON body", "POST", "/sandboxes", "{\"templateID\":");
    refused(400, "must be a JSON object", "POST", "/sandboxes", "[]");
    String base = "{\"templateID\":\"base\",";
    refused(400, "Timeout must be greater than 0", "POST", "/sandboxes", base + "\"timeout\":0}");
    refused(
        400,
        "Timeout cannot be greater than 1 hours",
        "POST",
        "/sandboxes",
        base + "\"timeout\":3601}");
    refused(
        400,
        "Timeout cannot be greater than 1 hours",
        "POST",
        "/sandboxes",
        base + "\"timeout\":99999999999999999}");
    refused(
        400, "timeout must be a whole number", "POST", "/sandboxes", base + "\"timeout\":\"5\"}");
    refused(
        400, "metadata.a must be a string", "POST", "/sandboxes", base + "\"metadata\":{\"a\":1}}");
    refused(400, "envVars must be an object", "POST", "/sandboxes", base + "\"envVars\":[]}");
    refused(400, "'1A' is no name", "POST", "/sandboxes", base + "\"envVars\":{\"1A\":\"\"}}");
    refused(400, "needs autoPause", "POST", "/sandboxes", base + "\"autoPauseMemory\":false}");
    refused(
        400,
        "do not go together",
        "POST",
        "/sandboxes",
        base + "\"autoPause\":true,\"autoPauseMemory\":false,\"autoResume\":{\"enabled\":true}}");
    assertThat(ids("?status=all")).isEmpty();
    shop.post(201, "/sandboxes", Json.object().put("templateID", "base").put("whatever", true));
  }

  @Test
  void whatIsNotThere() throws Exception {
    refused(404, "no such path", "GET", "/sandboxes/a/b/c", "");
    refused(405, "use DELETE, GET", "POST", "/sandboxes/inothing", "{}");
    assertThat(shop.call("PUT", "/sandboxes", "").headers().firstValue("allow"))
        .contains("GET, POST");
  }

  @Test
  void pausedAndResumed() throws Exception {
    String id = shop.create();
    String path = "/sandboxes/" + id;
    HttpResponse<String> paused = shop.call("POST", path + "/pause", "");
    assertThat(paused.statusCode()).isEqualTo(204);
    assertThat(paused.headers().firstValue("x-dunes-paused-with")).contains("memory");
    refused(
        409,
        "Error pausing sandbox - sandbox '%s' is already paused".formatted(id),
        "POST",
        path + "/pause",
        "");
    assertThat(ids("")).isEmpty();
    assertThat(ids("?status=paused")).containsExactly(id);
    assertThat(ids("?status=all")).containsExactly(id);
    assertThat(shop.get(path).get("state").asString()).isEqualTo("paused");
    refused(409, "is paused", "POST", path + "/processes", "{\"cmd\":\"true\"}");
    refused(409, "is paused", "GET", path + "/files?path=/tmp", "");

    JsonNode resumed = shop.post(201, path + "/connect", Json.object().put("timeout", 600));
    assertThat(resumed.get("status").asString()).isEqualTo("running");
    JsonNode same = shop.post(200, path + "/connect", Json.object());
    assertThat(same.get("endAt")).isEqualTo(resumed.get("endAt"));
    refused(409, "Sandbox %s is already running".formatted(id), "POST", path + "/resume", "");

    shop.sh(id, "echo kept > kept");
    paused = shop.call("POST", path + "/pause", "{\"memory\":false}");
    assertThat(paused.headers().firstValue("x-dunes-paused-with")).contains("disk");
    assertThat(SandboxShop.atProvider(Map.of("dunes.hosted", id))).isZero();
    shop.post(201, path + "/resume", Json.object());
    assertThat(shop.sh(id, "cat kept").get("stdout").asString()).isEqualTo("kept\n");

    assertThat(shop.call("POST", path + "/timeout", "{\"timeout\":1000}").statusCode())
        .isEqualTo(204);
    refused(400, "timeout is required", "POST", path + "/timeout", "{}");
    refused(400, "Timeout cannot be", "POST", path + "/timeout", "{\"timeout\":4000}");
    assertThat(shop.call("POST", path + "/timeout", "{\"timeout\":0}").statusCode()).isEqualTo(204);
    SandboxShop.await("it ends", () -> ids("?status=all").isEmpty());
    refused(404, "(expired at 2", "POST", path + "/pause", "");
  }

  @Test
  void suspendedWhenIdleAndAwakeWithTheNextRequest() throws Exception {
    ObjectNode wanted = Json.object();
    wanted.putObject("metadata").put("dunes.idleTimeout", "1");
    String id = shop.create(wanted).get("sandboxID").asString();
    SandboxShop.await(
        "it is suspended",
        () -> shop.get("/sandboxes/" + id).get("state").asString().equals("paused"));
    assertThat(shop.get("/sandboxes/" + id).get("wakesOnRequest").asBoolean()).isTrue();
    assertThat(shop.sh(id, "echo awake").get("stdout").asString()).isEqualTo("awake\n");
  }

  @Test
  void keysAndAccounts() throws Exception {
    HttpResponse<String> none = shop.shop.send("GET", "/sandboxes", "");
    assertThat(none.statusCode()).isEqualTo(401);
    assertThat(Shop.json(none.body()).get("message").asString()).contains("an API key is needed");
    assertThat(shop.as("wrong", "GET", "/sandboxes", "").statusCode()).isEqualTo(401);
    assertThat(shop.as("e2b_" + "0".repeat(40), "GET", "/sandboxes", "").statusCode())
        .isEqualTo(401);
    assertThat(
            shop.shop
                .send("GET", "/sandboxes", "", "authorization", "Bearer " + SandboxShop.KEY)
                .statusCode())
        .isEqualTo(200);

    ObjectNode body = Json.object().put("name", "tenant");
    body.putObject("limits").put("concurrent", "1").put("upload", "10").put("lifetime", "7200");
    JsonNode key = shop.post(201, "/api-keys", body);
    String secret = key.get("key").asString();
    assertThat(secret).matches("e2b_[0-9a-f]{40}");
    assertThat(shop.call("GET", "/api-keys", "").body()).contains("tenant").doesNotContain(secret);
    refused(
        400, "unknown limit 'x'", "POST", "/api-keys", "{\"name\":\"a\",\"limits\":{\"x\":\"1\"}}");

    String mine = shop.create();
    assertThat(shop.as(secret, "GET", "/sandboxes", "").body()).isEqualTo("[]");
    for (String[] call :
        new String[][] {
          {"GET", ""},
          {"DELETE", ""},
          {"POST", "/pause"},
          {"POST", "/connect"},
          {"GET", "/processes"},
          {"GET", "/files?path=/tmp"}
        }) {
      HttpResponse<String> answer = shop.as(secret, call[0], "/sandboxes/" + mine + call[1], "");
      assertThat(answer.statusCode()).as(call[0] + call[1]).isEqualTo(404);
      assertThat(answer.body()).contains("(never existed)");
    }
    assertThat(shop.as(secret, "GET", "/api-keys", "").statusCode()).isEqualTo(403);

    String wanted = "{\"templateID\":\"base\",\"timeout\":7200}";
    HttpResponse<String> first =
        shop.as("sk-sb-" + secret.substring(4), "POST", "/sandboxes", wanted);
    assertThat(first.statusCode()).as(first.body()).isEqualTo(201);
    HttpResponse<String> second = shop.as(secret, "POST", "/sandboxes", wanted);
    assertThat(second.statusCode()).isEqualTo(429);
    assertThat(Shop.json(second.body()).get("error_code").asString())
        .isEqualTo("sandbox_limit_reached");
    assertThat(second.headers().firstValue("retry-after")).isEmpty();
    String theirs = Shop.json(first.body()).get("sandboxID").asString();
    refused(404, "(never existed)", "GET", "/sandboxes/" + theirs, "");
    assertThat(shop.as(secret, "DELETE", "/sandboxes/" + theirs, "").statusCode()).isEqualTo(204);

    String keyPath = "/api-keys/" + key.get("id").asString();
    assertThat(shop.call("DELETE", keyPath, "").statusCode()).isEqualTo(204);
    assertThat(shop.as(secret, "GET", "/sandboxes", "").statusCode()).isEqualTo(401);
    refused(404, "no key", "DELETE", keyPath, "");
  }

  @Test
  void aHundredAtOnceAndWhatWasMeasured() throws Exception {
    List<CompletableFuture<Integer>> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add(
          shop.shop
              .client
              .sendAsync(
                  shop.shop.request(
                      "POST",
                      "/sandboxes",
                      "{\"templateID\":\"base\"}",
                      "x-api-key",
                      SandboxShop.KEY),
                  HttpResponse.BodyHandlers.ofString())
              .thenApply(HttpResponse::statusCode));
    }
    assertThat(all.stream().map(CompletableFuture::join)).containsOnly(201);
    assertThat(ids("")).hasSize(100);
    JsonNode stats = shop.get("/stats");
    assertThat(stats.at("/boot/base/count").asInt()).isEqualTo(100);
    assertThat(stats.at("/boot/base/p50Ms").asDouble()).isPositive();
    assertThat(stats.get("sandboxes").toString()).isEqualTo("{\"running\":100,\"paused\":0}");
    assertThat(stats.get("limits").toString())
        .isEqualTo(
            "{\"lifetime\":3600,\"cpuCount\":2,\"memoryMB\":4096,\"diskSizeMB\":10240,\"concurrent\":200,\"uploadBytes\":104857600,\"volumes\":20,\"volumeMB\":1024}");
  }

  @Test
  void clientsThatLeaveAtOnceDoNoHarm() throws Exception {
    shop.shop.server();
    for (int i = 0; i < 20; i++) {
      try (RawClient client = new RawClient(shop.shop.port())) {
        String body = "{\"templateID\":\"base\"}";
        client.send(
            "POST /sandboxes HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(SandboxShop.KEY, body.length(), body));
      }
    }
    SandboxShop.await("none is left", () -> ids("?status=all").isEmpty());
    assertThat(ids("?status=all")).isEmpty();
  }

  @Test
  void templates() throws Exception {
    JsonNode all = shop.get("/templates");
    assertThat(all.valueStream().map(row -> row.get("templateID").asString()))
        .containsExactly("base", "code_interpreter", "claude", "codex", "desktop", "hermes");
    assertThat(all.get(0).get("available").asBoolean()).isTrue();
    assertThat(shop.get("/templates/code-interpreter-v1")).isEqualTo(all.get(1));
    refused(404, "template 'foo' was not found", "GET", "/templates/foo", "");
    JsonNode hermes = shop.get("/templates/hermes");
    assertThat(hermes.get("missing").toString()).contains("hermes");
    refused(
        400,
        "template 'hermes' is not available here, sandboxes lack: hermes",
        "POST",
        "/sandboxes",
        "{\"templateID\":\"hermes\"}");
  }
}
