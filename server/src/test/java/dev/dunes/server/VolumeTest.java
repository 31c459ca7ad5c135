package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.Providers;
import dev.dunes.sandbox.spi.Check;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.server.http.Json;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Volumes: over HTTP, and through the published clients. E2B wire 2.4. */
@Timeout(300)
class VolumeTest {
  @TempDir Path directory;
  private SandboxShop shop;

  @BeforeEach
  void open() throws Exception {
    shop = new SandboxShop(directory);
    shop.shop.set("DUNES_SANDBOX_VOLUME", "32").set("DUNES_SANDBOX_VOLUMES", "3");
  }

  @AfterEach
  void close() throws Exception {
    for (JsonNode sandbox : shop.get("/sandboxes?status=all")) {
      shop.call("DELETE", "/sandboxes/" + sandbox.get("sandboxID").asString(), "");
    }
    for (JsonNode volume : shop.get("/volumes")) {
      delete(volume.get("volumeID").asString());
    }
    shop.close();
  }

  /** A sandbox that was ended is still there for a moment. */
  private void delete(String id) throws Exception {
    SandboxShop.await(
        "the volume can be deleted",
        () -> shop.call("DELETE", "/volumes/" + id, "").statusCode() == 204);
  }

  private JsonNode volume(String name) throws Exception {
    return shop.post(201, "/volumes", Json.object().put("name", name));
  }

  private static ObjectNode with(String name, String path) {
    ObjectNode body = Json.object();
    body.putArray("volumeMounts").addObject().put("name", name).put("path", path);
    return body;
  }

  private HttpResponse<String> content(
      JsonNode volume, String method, String kindAndQuery, String body) throws Exception {
    String path = "/volumecontent/%s/%s".formatted(volume.get("volumeID").asString(), kindAndQuery);
    return shop.shop.send(
        method, path, body, "authorization", "Bearer " + volume.get("token").asString());
  }

  private List<String> client(ProcessBuilder builder) throws Exception {
    JsonNode key = shop.post(201, "/api-keys", Json.object().put("name", "sdk"));
    String url = shop.shop.server().uri().toString();
    builder.redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("E2B_"));
    builder.environment().put("NODE_NO_WARNINGS", "1");
    builder.environment().put("E2B_API_KEY", key.get("key").asString());
    for (String name : List.of("E2B_API_URL", "E2B_SANDBOX_URL", "E2B_VOLUME_API_URL")) {
      builder.environment().put(name, url);
    }
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output.lines().toList();
  }

  private static String script(String file) {
    return Path.of(System.getProperty("dunes.root"), "server/src/test/resources/clients", file)
        .toString();
  }

  @Test
  void inJavaScript() throws Exception {
    Path modules = NodeClient.modules();
    List<String> lines =
        client(new ProcessBuilder("node", script("volumes.mjs"), modules.toString())).stream()
            .map(line -> line.replaceAll("Volume v[a-z0-9]+ not", "Volume x not"))
            .toList();
    assertThat(lines)
        .containsExactly(
            "made [\"data-1\",[\"data-1\"]]",
            "again \"VolumeError 409: there is a volume 'data-1' already; use it, or another name\"",
            "bad name true",
            "connected [\"data-1\",true]",
            "written [\"/hello.txt\",\"file\",13,416,1000,1000]",
            "read \"Hello, wörld\"",
            "bytes 13",
            "empty [\"\",true,false]",
            "second \"second\"",
            "not over \"VolumeError 400\"",
            "no parent \"VolumePathNotFoundError Path /a/b/c not found\"",
            "no parent dir \"VolumePathNotFoundError Path /a/b not found\"",
            "listed [\"directory /a\",\"file /empty\",\"file /hello.txt\"]",
            "deep [\"/a/b\",\"/a/b/c\"]",
            "mode [488,384]",
            "owner \"VolumeError 400: uid\"",
            "above \"/a\"",
            "stream 5000000",
            "seen \"deep 1000\\n\"",
            "shared \"written by the writer\"",
            "mounts [{\"name\":\"data-1\",\"path\":\"/home/user/shared\"}]",
            "evil \"VolumeError 400: path \"",
            "link [\"symlink\",\"hello.txt\",\"second\"]",
            "pipe [\"unknown\",\"VolumeError 400\"]",
            "from outside [\"written by the writer\",\"9\"]",
            "in use \"VolumeError 409\"",
            "outlives \"written by the writer\"",
            "unknown \"SandboxError 400: volumeMounts: there is no volume 'none'; POST /volumes makes one\"",
            "bad place \"SandboxError 400:\"",
            "removed [false,\"VolumePathNotFoundError Path /a not found\"]",
            "wrong token \"AuthenticationError\"",
            "destroyed [true,false,[]]",
            "gone [\"VolumeNotFoundError Volume x not found\",\"AuthenticationError\"]");
  }

  @Test
  void inPython() throws Exception {
    String python = System.getenv("DUNES_TEST_PYTHON");
    assumeTrue(python != null, "DUNES_TEST_PYTHON is not set: no published client");
    Process probe = new ProcessBuilder(python, "-c", "from e2b import Volume").start();
    assumeTrue(probe.waitFor() == 0, "e2b is not installed there");
    assertThat(client(new ProcessBuilder(python, script("volumes.py"))))
        .containsExactly(
            "made py-data ['py-data']",
            "same True",
            "written /hello.txt file 5 0o600 1000",
            "read Hello 5",
            "list ['/a', '/hello.txt'] ['/a/b', '/a/b/c']",
            "mode 0o444",
            "exists True False VolumePathNotFoundException",
            "seen Hellodeep",
            "more more",
            "in use VolumeException",
            "removed False VolumePathNotFoundException");
  }

  @Test
  void nobodyElseSeesItOrItsFiles() throws Exception {
    JsonNode mine = volume("mine");
    String other =
        shop.post(201, "/api-keys", Json.object().put("name", "other")).get("key").asString();
    String path = "/volumes/" + mine.get("volumeID").asString();
    assertThat(shop.as(other, "GET", path, "").statusCode()).isEqualTo(404);
    assertThat(shop.as(other, "DELETE", path, "").statusCode()).isEqualTo(404);
    assertThat(shop.as(other, "GET", "/volumes", "").body()).isEqualTo("[]");
    ObjectNode body = with("mine", "/mnt/data").put("templateID", "base");
    assertThat(shop.as(other, "POST", "/sandboxes", body.toString()).body())
        .contains("there is no volume 'mine'");
    // The same name is another one there.
    HttpResponse<String> theirs =
        shop.as(other, "POST", "/volumes", Json.object().put("name", "mine").toString());
    assertThat(theirs.statusCode()).isEqualTo(201);
    JsonNode foreign = Shop.json(theirs.body());
    ObjectNode mixed = Json.object().put("volumeID", mine.get("volumeID").asString());
    mixed.put("token", foreign.get("token").asString());
    assertThat(content(mixed, "GET", "dir?path=/", "").statusCode()).isEqualTo(401);
    // A key is no token, and a token no key.
    mixed.put("token", SandboxShop.KEY);
    assertThat(content(mixed, "GET", "dir?path=/", "").statusCode()).isEqualTo(401);
    assertThat(shop.as(mine.get("token").asString(), "GET", "/volumes", "").statusCode())
        .isEqualTo(401);
    String theirPath = "/volumes/" + foreign.get("volumeID").asString();
    assertThat(shop.as(other, "DELETE", theirPath, "").statusCode()).isEqualTo(204);
  }

  @Test
  void whatCannotBeIsRefusedAndMakesNothing() throws Exception {
    JsonNode volume = volume("one");
    for (String kind :
        List.of("path", "dir?path=", "file?path=%00", "dir?path=/&depth=0", "dir?path=/&depth=x")) {
      assertThat(content(volume, "GET", kind, "").statusCode()).as(kind).isEqualTo(400);
    }
    assertThat(content(volume, "PUT", "file?path=/x&mode=99999", "x").statusCode()).isEqualTo(400);
    assertThat(content(volume, "PUT", "file?path=/x&uid=0", "x").statusCode()).isEqualTo(400);
    assertThat(content(volume, "GET", "file?path=/x", "").statusCode()).isEqualTo(404);
    assertThat(content(volume, "PUT", "file?path=/", "x").statusCode()).isEqualTo(400);
    assertThat(content(volume, "GET", "file?path=/", "").statusCode()).isEqualTo(400);
    assertThat(content(volume, "DELETE", "path?path=/", "").statusCode()).isEqualTo(400);
    HttpResponse<String> failure = content(volume, "GET", "file?path=/no/such", "");
    assertThat(failure.body()).contains("'/no/such'").doesNotContain("/mnt/volume");
    ObjectNode twice = with("one", "/mnt/data").put("templateID", "base");
    twice.withArray("volumeMounts").addObject().put("name", "one").put("path", "/mnt//data/");
    assertThat(shop.call("POST", "/sandboxes", twice.toString()).body()).contains("used twice");
    ObjectNode relative = with("one", "data").put("templateID", "base");
    assertThat(shop.call("POST", "/sandboxes", relative.toString()).statusCode()).isEqualTo(400);
    volume("two");
    volume("three");
    HttpResponse<String> many =
        shop.call("POST", "/volumes", Json.object().put("name", "four").toString());
    assertThat(many.statusCode()).isEqualTo(429);
    assertThat(shop.get("/sandboxes?status=all")).isEmpty();
  }

  /** As the provider itself says, not as it turns out. */
  private static boolean volumesAreLimited() {
    return Providers.find("local").orElseThrow().diagnose(ProviderSettings.system()).stream()
        .anyMatch(check -> check.name().equals("volumes") && check.status() == Check.Status.OK);
  }

  @Test
  void aFullOneSaysSoAndIsAsBefore() throws Exception {
    JsonNode volume = volume("full");
    String id = shop.create(with("full", "/mnt/data")).get("sandboxID").asString();
    JsonNode filled = shop.sh(id, "head -c 60M /dev/zero > /mnt/data/big; rm -f /mnt/data/keep");
    assumeTrue(volumesAreLimited(), "volumes have no limit here: see ds doctor");
    assertThat(filled.get("stderr").asString()).contains("No space left");
    HttpResponse<String> more = content(volume, "PUT", "file?path=/more", "x".repeat(8 << 20));
    assertThat(more.statusCode()).as(more.body()).isEqualTo(507);
    assertThat(content(volume, "GET", "path?path=/more", "").statusCode()).isEqualTo(404);
    assertThat(content(volume, "DELETE", "path?path=/big", "").statusCode()).isEqualTo(204);
    assertThat(content(volume, "PUT", "file?path=/more", "x".repeat(8 << 20)).statusCode())
        .isEqualTo(201);
  }

  /** A pause to disk keeps the volume where it was, and what was written meanwhile is seen. */
  @Test
  void itIsThereAfterAPauseToDisk() throws Exception {
    JsonNode volume = volume("paused");
    String id = shop.create(with("paused", "/mnt/data")).get("sandboxID").asString();
    shop.sh(id, "echo before > /mnt/data/x");
    shop.call("POST", "/sandboxes/" + id + "/pause", "{\"memory\":false}");
    assertThat(
            shop.call("DELETE", "/volumes/" + volume.get("volumeID").asString(), "").statusCode())
        .isEqualTo(409);
    assertThat(content(volume, "PUT", "file?path=/y", "meanwhile").statusCode()).isEqualTo(201);
    shop.post(201, "/sandboxes/" + id + "/connect", Json.object());
    assertThat(shop.sh(id, "cat /mnt/data/x /mnt/data/y").get("stdout").asString())
        .isEqualTo("before\nmeanwhile");
  }
}
