package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.e2b.FileSignature;
import dev.dunes.server.e2b.envd.EnvdClient;
import dev.dunes.server.http.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Files of a sandbox, as bytes on the wire of E2B. */
class EnvdFilesTest {
  private static final String FILESYSTEM = "/filesystem.Filesystem/";
  private static final String BYTES = "application/octet-stream";

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

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private HttpResponse<byte[]> put(String path, byte[] contents, String... headers)
      throws Exception {
    String[] all = Arrays.copyOf(headers, headers.length + 2);
    all[headers.length] = "content-type";
    all[headers.length + 1] = BYTES;
    return envd.post(
        "/files?path=" + URLEncoder.encode(path, StandardCharsets.UTF_8), contents, all);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private JsonNode call(int status, String method, ObjectNode message) throws Exception {
    return envd.unary(status, FILESYSTEM + method, message);
  }

  private static ObjectNode path(String path) {
    return Json.object().put("path", path);
  }

  private void sh(String line) throws Exception {
    JsonNode done = shop.sh(id, "cd /home/user && " + line);
    assertThat(done.get("exitCode").asInt()).as(done.toString()).isZero();
  }

  private void refused(HttpResponse<byte[]> answer, int status, String message) {
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(status);
    assertThat(text(answer))
        .isEqualTo("{\"code\":%d,\"message\":\"%s\"}".formatted(status, message));
  }

  @Test
  void entries() throws Exception {
    sh(
        "mkdir d; printf 12345 > d/f; chmod 4751 d/f; ln -s d/f link; ln -s nowhere broken; ln -s l2 l1; ln -s l1 l2; mkdir -m 1777 sticky");
    JsonNode file = call(200, "Stat", path("d/f")).get("entry");
    assertThat(file.propertyNames())
        .containsExactly(
            "name",
            "type",
            "path",
            "size",
            "mode",
            "permissions",
            "owner",
            "group",
            "modifiedTime");
    assertThat(((ObjectNode) file).remove("modifiedTime").asString())
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z");
    assertThat(file.toString())
        .isEqualTo(
            "{\"name\":\"f\",\"type\":\"FILE_TYPE_FILE\",\"path\":\"/home/user/d/f\",\"size\":\"5\",\"mode\":489,\"permissions\":\"urwxr-x--x\",\"owner\":\"user\",\"group\":\"user\"}");
    JsonNode link = call(200, "Stat", path("link")).get("entry");
    assertThat(link.get("type").asString()).isEqualTo("FILE_TYPE_FILE");
    assertThat(link.get("symlinkTarget").asString()).isEqualTo("/home/user/d/f");
    assertThat(link.get("permissions").asString()).isEqualTo("Lrwxrwxrwx");
    assertThat(link.get("mode").asInt()).isEqualTo(0751);
    JsonNode broken = call(200, "Stat", path("broken")).get("entry");
    assertThat(broken.has("type")).isFalse();
    assertThat(broken.get("symlinkTarget").asString()).isEqualTo("/home/user/broken");
    assertThat(call(200, "Stat", path("sticky")).get("entry").get("permissions").asString())
        .isEqualTo("dtrwxrwxrwx");
    assertThat(call(404, "Stat", path("none")).toString())
        .isEqualTo("{\"code\":\"not_found\",\"message\":\"file not found: /home/user/none\"}");

    assertThat(call(400, "ListDir", path("d/f")).get("code").asString())
        .isEqualTo("invalid_argument");
    assertThat(call(404, "ListDir", path("none")).get("code").asString()).isEqualTo("not_found");
    assertThat(call(400, "ListDir", path("l1")).get("code").asString())
        .isEqualTo("failed_precondition");
    sh("ln -s /home/user/d dlink; mkdir -p d/a/b/c");
    assertThat(
            call(200, "ListDir", path("dlink").put("depth", 2))
                .get("entries")
                .valueStream()
                .map(entry -> entry.get("path").asString()))
        .containsExactly("/home/user/dlink/a", "/home/user/dlink/a/b", "/home/user/dlink/f");
    assertThat(call(200, "ListDir", path("d")).get("entries").size()).isEqualTo(2);
  }

  @Test
  void changes() throws Exception {
    assertThat(call(200, "MakeDir", path("~/a/b")).get("entry").get("path").asString())
        .isEqualTo("/home/user/a/b");
    assertThat(call(409, "MakeDir", path("a/b")).get("code").asString())
        .isEqualTo("already_exists");
    put("a/f", bytes("x"));
    assertThat(call(400, "MakeDir", path("a/f")).get("code").asString())
        .isEqualTo("invalid_argument");
    ObjectNode move = Json.object().put("source", "a/f").put("destination", "new/dir/g");
    assertThat(call(200, "Move", move).get("entry").get("path").asString())
        .isEqualTo("/home/user/new/dir/g");
    assertThat(call(404, "Move", move).get("message").asString())
        .isEqualTo("source file not found: /home/user/a/f");
    assertThat(call(200, "Remove", path("new")).isEmpty()).isTrue();
    assertThat(call(200, "Remove", path("new")).isEmpty()).isTrue();
    assertThat(call(400, "Stat", path("~root/x")).get("code").asString())
        .isEqualTo("invalid_argument");
    assertThat(call(400, "Stat", path("a\0b")).get("code").asString())
        .isEqualTo("invalid_argument");
    assertThat(call(403, "MakeDir", path("/usr/x")).get("code").asString())
        .isEqualTo("permission_denied");
  }

  /** A path means something in the sandbox, never on the host. */
  @Test
  void noPathLeadsOut() throws Exception {
    Path secret = Files.writeString(directory.resolve("secret"), "of the host");
    for (String way :
        new String[] {secret.toString(), "../../../../../.." + secret, "~/../../.." + secret}) {
      assertThat(
              envd.get("/files?path=" + URLEncoder.encode(way, StandardCharsets.UTF_8))
                  .statusCode())
          .as(way)
          .isEqualTo(404);
    }
    put("in/../../user/./up", bytes("home"));
    assertThat(text(envd.get("/files?path=up"))).isEqualTo("home");
  }

  @Test
  void uploadsAndDownloads() throws Exception {
    byte[] contents = new byte[3 << 20];
    new Random(7).nextBytes(contents);
    assertThat(text(put("a b/é.bin", contents)))
        .isEqualTo("[{\"path\":\"/home/user/a b/é.bin\",\"name\":\"é.bin\",\"type\":\"file\"}]");
    HttpResponse<byte[]> whole = envd.get("/files?path=a%20b/%C3%A9.bin");
    assertThat(whole.body()).isEqualTo(contents);
    assertThat(whole.headers().firstValue("content-disposition"))
        .hasValue("inline; filename=\"_.bin\"; filename*=utf-8''%C3%A9.bin");
    assertThat(whole.headers().firstValue("vary")).hasValue("Accept-Encoding");
    HttpResponse<byte[]> part =
        envd.get(
            "/files?path=a%20b/%C3%A9.bin", "range", "bytes=100-199", "accept-encoding", "gzip");
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo(Arrays.copyOfRange(contents, 100, 200));
    assertThat(part.headers().firstValue("content-range")).hasValue("bytes 100-199/3145728");
    String etag = whole.headers().firstValue("etag").orElseThrow();
    assertThat(envd.get("/files?path=a%20b/%C3%A9.bin", "if-none-match", etag).statusCode())
        .isEqualTo(304);
    assertThat(envd.get("/files?path=a%20b/%C3%A9.bin", "if-match", "\"x\"").statusCode())
        .isEqualTo(412);
    String changed = whole.headers().firstValue("last-modified").orElseThrow();
    assertThat(envd.get("/files?path=a%20b/%C3%A9.bin", "if-modified-since", changed).statusCode())
        .isEqualTo(304);
    assertThat(
            envd.get("/files?path=a%20b/%C3%A9.bin", "range", "bytes=0-1", "if-range", "\"x\"")
                .statusCode())
        .isEqualTo(200);
    assertThat(envd.get("/files?path=a%20b/%C3%A9.bin", "range", "bytes=9999999-").statusCode())
        .isEqualTo(416);

    put("empty", new byte[0]);
    assertThat(envd.get("/files?path=empty").headers().firstValue("content-length")).hasValue("0");
    assertThat(text(envd.get("/files?path=/proc/self/status"))).contains("Uid:");
    refused(envd.get("/files?path=none"), 404, "path '/home/user/none' does not exist");
    refused(envd.get("/files"), 400, "path '/home/user' is a directory");
    refused(envd.get("/files?path=x&username=q"), 401, "invalid username: 'q'");
    refused(put("a b", new byte[1]), 400, "path '/home/user/a b' is a directory");
    refused(
        envd.post("/files?path=x", new byte[1], "content-type", "text/plain"),
        400,
        "the body must be multipart/form-data or application/octet-stream, and is 'text/plain'");
    refused(
        envd.post("/files", new byte[1], "content-type", BYTES),
        400,
        "path is required for uploads of application/octet-stream");
  }

  @Test
  void compression() throws Exception {
    byte[] contents = bytes("compress me ".repeat(1000));
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      gzip.write(contents);
    }
    put("t.txt", zipped.toByteArray(), "content-encoding", "gzip");
    assertThat(envd.get("/files?path=t.txt").body()).isEqualTo(contents);
    HttpResponse<byte[]> small = envd.get("/files?path=t.txt", "accept-encoding", "gzip, deflate");
    assertThat(small.headers().firstValue("content-encoding")).hasValue("gzip");
    assertThat(new GZIPInputStream(new ByteArrayInputStream(small.body())).readAllBytes())
        .isEqualTo(contents);
    put("short.txt", bytes("short"));
    put("p.png", contents);
    for (String path : new String[] {"short.txt", "p.png"}) {
      assertThat(
              envd.get("/files?path=" + path, "accept-encoding", "gzip")
                  .headers()
                  .firstValue("content-encoding"))
          .as(path)
          .isEmpty();
    }
    byte[] random = new byte[100_000];
    new Random(1).nextBytes(random);
    put("random", random);
    HttpResponse<byte[]> asItIs = envd.get("/files?path=random", "accept-encoding", "gzip");
    assertThat(asItIs.headers().firstValue("content-encoding")).isEmpty();
    assertThat(asItIs.headers().firstValue("content-length")).hasValue("100000");
    assertThat(asItIs.body()).isEqualTo(random);
    HttpResponse<byte[]> mustBe =
        envd.get("/files?path=random", "accept-encoding", "gzip, identity;q=0");
    assertThat(mustBe.headers().firstValue("content-encoding")).hasValue("gzip");
    assertThat(new GZIPInputStream(new ByteArrayInputStream(mustBe.body())).readAllBytes())
        .isEqualTo(random);
    refused(
        envd.get("/files?path=t.txt", "accept-encoding", "br, identity;q=0"),
        406,
        "no acceptable encoding: accept identity or gzip");
    assertThat(put("bad", bytes("no gzip"), "content-encoding", "gzip").statusCode())
        .isEqualTo(400);
    assertThat(put("bad", bytes("x"), "content-encoding", "br").statusCode()).isEqualTo(400);
    assertThat(envd.get("/files?path=bad").statusCode()).isEqualTo(404);
  }

  @Test
  void forms() throws Exception {
    String form =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x/one\"\r\n\r\n1\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n?\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"two\"\r\n\r\n22\r\n--b--\r\n";
    String type = "multipart/form-data; boundary=b";
    assertThat(text(envd.post("/files", bytes(form), "content-type", type)))
        .isEqualTo(
            "[{\"path\":\"/home/user/x/one\",\"name\":\"one\",\"type\":\"file\"},{\"path\":\"/home/user/two\",\"name\":\"two\",\"type\":\"file\"}]");
    assertThat(text(envd.get("/files?path=two"))).isEqualTo("22");
    refused(
        envd.post("/files?path=same", bytes(form), "content-type", type),
        400,
        "you cannot upload multiple files to the same path '/home/user/same'");
    assertThat(envd.get("/files?path=same").statusCode()).isEqualTo(404);
    assertThat(envd.post("/files", bytes("--b\r\nx"), "content-type", type).statusCode())
        .isEqualTo(400);
  }

  /** A few bytes on the way that would be many here, in a part that is not even kept. */
  @Test
  void aFormThatGrowsWhenItIsUnpackedIsRefused() throws Exception {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    byte[] nothing = new byte[1 << 20];
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      gzip.write(bytes("--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n"));
      for (int i = 0; i < 120; i++) {
        gzip.write(nothing);
      }
      gzip.write(
          bytes(
              "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"small\"\r\n\r\n1\r\n--b--\r\n"));
    }
    assertThat(zipped.size()).isLessThan(1 << 20);
    HttpResponse<byte[]> answer =
        envd.post(
            "/files",
            zipped.toByteArray(),
            "content-type",
            "multipart/form-data; boundary=b",
            "content-encoding",
            "gzip");
    refused(answer, 413, "the upload is larger than the limit of 104857600 bytes");
    assertThat(envd.get("/files?path=small").statusCode()).isEqualTo(404);
  }

  /** What was there before stays as it was. */
  @Test
  void aClientThatLeavesInTheMiddleChangesNothing() throws Exception {
    put("kept", bytes("old"));
    try (RawClient raw = new RawClient(shop.shop.port())) {
      raw.send(
          "POST /files?path=kept HTTP/1.1\r\nHost: x\r\nE2b-Sandbox-Id: %s\r\nE2b-Sandbox-Port: 49983\r\nContent-Type: %s\r\nContent-Length: 9000000\r\n\r\nnew"
              .formatted(id, BYTES));
      for (int i = 0; i < 2000; i++) {
        raw.send("x".repeat(1000));
      }
    }
    assertThat(text(envd.get("/files?path=kept"))).isEqualTo("old");
  }

  @Test
  void metadata() throws Exception {
    assertThat(text(put("m", bytes("x"), "X-Metadata-Owner", "me", "x-metadata-a.b", "1 2")))
        .contains("\"metadata\":{", "\"owner\":\"me\"", "\"a.b\":\"1 2\"");
    JsonNode stored = call(200, "Stat", path("m")).get("entry").get("metadata");
    assertThat(stored.get("owner").asString()).isEqualTo("me");
    assertThat(stored.get("a.b").asString()).isEqualTo("1 2");
    assertThat(call(200, "ListDir", path("")).get("entries").get(0).has("metadata")).isTrue();
    put("m", bytes("y"), "x-metadata-new", "2");
    assertThat(call(200, "Stat", path("m")).get("entry").get("metadata").toString())
        .isEqualTo("{\"new\":\"2\"}");
    put("m", bytes("y"));
    assertThat(call(200, "Stat", path("m")).get("entry").has("metadata")).isFalse();
    assertThat(put("m", bytes("z"), "x-metadata-" + "k".repeat(247), "v").statusCode())
        .isEqualTo(400);
    assertThat(put("m", bytes("z"), "x-metadata-k", "v".repeat(4090)).statusCode()).isEqualTo(400);
    assertThat(text(envd.get("/files?path=m"))).isEqualTo("y");
  }

  @Test
  void composition() throws Exception {
    put("p1", bytes("one,"));
    put("p2", bytes("two"));
    ObjectNode request = Json.object().put("destination", "all");
    request.putArray("source_paths").add("p1").add("p2");
    HttpResponse<byte[]> answer = envd.post("/files/compose", Json.bytes(request));
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
    assertThat(Json.MAPPER.readTree(answer.body()).get("size").asString()).isEqualTo("7");
    assertThat(text(envd.get("/files?path=all"))).isEqualTo("one,two");
    assertThat(envd.get("/files?path=p1").statusCode()).isEqualTo(404);
    assertThat(envd.post("/files/compose", Json.bytes(request)).statusCode()).isEqualTo(404);
    assertThat(text(envd.get("/files?path=all"))).isEqualTo("one,two");
    assertThat(envd.post("/files/compose", bytes("{}")).statusCode()).isEqualTo(400);
  }

  @Test
  void signedAddresses() throws Exception {
    JsonNode secure = shop.create(Json.object().put("secure", true));
    String token = secure.get("envdAccessToken").asString();
    EnvdClient closed =
        new EnvdClient(shop.shop.server().uri(), secure.get("sandboxID").asString());
    byte[] contents = bytes("signed");
    refused(
        closed.post("/files?path=s", contents, "content-type", BYTES),
        401,
        "missing signature query parameter");
    refused(
        closed.post("/files?path=s", contents, "content-type", BYTES, "x-access-token", "x"),
        401,
        "access token present in header but does not match");
    assertThat(
            closed
                .post(
                    "/files?path=s" + signed("s", "write", token, Optional.empty()),
                    contents,
                    "content-type",
                    BYTES)
                .statusCode())
        .isEqualTo(200);
    String read = signed("s", "read", token, Optional.empty());
    assertThat(text(closed.get("/files?path=s" + read))).isEqualTo("signed");
    refused(closed.get("/files?path=t" + read), 401, "invalid signature");
    refused(
        closed.get("/files?path=s" + signed("s", "write", token, Optional.empty())),
        401,
        "invalid signature");
    String past = Long.toString(Instant.now().getEpochSecond() - 10);
    refused(
        closed.get("/files?path=s" + signed("s", "read", token, Optional.of(past))),
        401,
        "signature is already expired");
    String future = Long.toString(Instant.now().getEpochSecond() + 1000);
    assertThat(text(closed.get("/files?path=s" + signed("s", "read", token, Optional.of(future)))))
        .isEqualTo("signed");
  }

  private static String signed(String path, String operation, String token, Optional<String> end) {
    String signature = new FileSignature(path, operation, "", end).sign(token);
    return "&signature="
        + URLEncoder.encode(signature, StandardCharsets.UTF_8)
        + end.map(at -> "&signature_expiration=" + at).orElse("");
  }

  @Test
  void watchersThatAreAsked() throws Exception {
    call(200, "MakeDir", path("w"));
    String watcher =
        call(200, "CreateWatcher", path("w").put("recursive", true).put("includeEntry", true))
            .get("watcherId")
            .asString();
    assertThat(watcher).matches("w[a-z0-9]{20}");
    put("w/sub/f", bytes("1"));
    sh("chmod 600 w/sub/f && mv w/sub/f w/g && rm w/g");
    ObjectNode which = Json.object().put("watcherId", watcher);
    StringBuilder seen = new StringBuilder();
    SandboxShop.await(
        "all events",
        () -> {
          JsonNode events = call(200, "GetWatcherEvents", which).path("events");
          for (JsonNode event : events) {
            seen.append(event.path("name").asString())
                .append('=')
                .append(event.path("type").asString().replace("EVENT_TYPE_", ""))
                .append(event.has("entry") ? "+ " : " ");
          }
          return seen.toString().contains("g=REMOVE ");
        });
    assertThat(seen.toString()).contains("sub=CREATE", "sub/f=CREATE", "sub/f=RENAME ", "g=CREATE");
    assertThat(call(200, "GetWatcherEvents", which).isEmpty()).isTrue();
    assertThat(call(200, "RemoveWatcher", which).isEmpty()).isTrue();
    assertThat(call(404, "RemoveWatcher", which).toString())
        .isEqualTo(
            "{\"code\":\"not_found\",\"message\":\"watcher with id %s not found\"}"
                .formatted(watcher));
    put("file", bytes("x"));
    assertThat(call(400, "CreateWatcher", path("file")).get("code").asString())
        .isEqualTo("invalid_argument");
    assertThat(call(404, "CreateWatcher", path("none")).get("code").asString())
        .isEqualTo("not_found");
  }

  @Test
  void anOldClientGetsWhatItKnows() throws Exception {
    put("f", bytes("x"));
    HttpResponse<byte[]> answer =
        envd.post(
            FILESYSTEM + "Stat",
            Json.bytes(path("f")),
            "content-type",
            "application/json",
            "user-agent",
            "connect-python");
    assertThat(text(answer))
        .isEqualTo(
            "{\"entry\":{\"name\":\"f\",\"type\":\"FILE_TYPE_FILE\",\"path\":\"/home/user/f\"}}");
    assertThat(answer.headers().firstValue("x-e2b-legacy-sdk")).hasValue("true");
  }
}
