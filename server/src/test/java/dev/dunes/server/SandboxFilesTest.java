package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.http.Json;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Files over HTTP: up, down, in parts, listed and removed; what is refused, and what is left then.
 */
class SandboxFilesTest {
  @TempDir Path directory;
  private SandboxShop shop;
  private String id;

  @BeforeEach
  void open() throws Exception {
    shop = new SandboxShop(directory);
    shop.shop.set("DUNES_SANDBOX_UPLOAD", Integer.toString(8 << 20));
    id = shop.create();
  }

  @AfterEach
  void close() throws Exception {
    try (Stream<Path> spooled =
        Files.list(shop.shop.directory.resolve(".sandstorm/hosting/spool"))) {
      assertThat(spooled).isEmpty();
    } catch (java.nio.file.NoSuchFileException e) {
      // nothing was ever uploaded
    } finally {
      shop.close();
    }
  }

  private String out(String line) throws Exception {
    return shop.sh(id, line).get("stdout").asString();
  }

  private void refused(int status, String message, String method, String path) throws Exception {
    refused(status, message, method, path, "");
  }

  private void refused(int status, String message, String method, String path, String body)
      throws Exception {
    HttpResponse<String> answer = shop.call(method, "/sandboxes/" + id + path, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(Shop.json(answer.body()).get("message").asString()).contains(message);
  }

  @Test
  void upAndDown() throws Exception {
    byte[] contents = new byte[5 << 20];
    new Random(1).nextBytes(contents);
    HttpResponse<String> up = shop.upload(id, "a/b/data.bin", "x.bin", contents);
    assertThat(up.statusCode()).as(up.body()).isEqualTo(200);
    assertThat(up.body())
        .isEqualTo(
            "{\"path\":\"/workspace/a/b/data.bin\",\"name\":\"data.bin\",\"size\":5242880,\"type\":\"file\"}");
    assertThat(out("stat -c '%U %a' a/b/data.bin")).isEqualTo("user 644\n");
    HttpResponse<byte[]> down = shop.download(id, "a/b/data.bin");
    assertThat(down.statusCode()).isEqualTo(200);
    assertThat(down.body()).isEqualTo(contents);
    assertThat(down.headers().firstValue("content-length")).contains("5242880");
    assertThat(down.headers().firstValue("x-content-type-options")).contains("nosniff");

    assertThat(
            Shop.json(shop.upload(id, "dir/", "name.txt", new byte[1]).body())
                .get("path")
                .asString())
        .isEqualTo("/workspace/dir/name.txt");
    assertThat(
            Shop.json(shop.upload(id, "dir/", "../../evil.txt", new byte[1]).body())
                .get("path")
                .asString())
        .isEqualTo("/workspace/dir/evil.txt");
    assertThat(shop.upload(id, "dir/", "..", new byte[1]).statusCode()).isEqualTo(400);
    assertThat(
            shop.upload(id, "/tmp/abs", "f", "new".getBytes(StandardCharsets.UTF_8)).statusCode())
        .isEqualTo(200);
    assertThat(out("cat /tmp/abs")).isEqualTo("new");
  }

  @Test
  void outOfTheSandboxThereIsNoWay() throws Exception {
    Path outside = Files.writeString(directory.resolve("outside"), "secret of the host");
    String way = "../../../../../../../../.." + outside;
    assertThat(shop.download(id, way.replace("/", "%2F")).statusCode()).isEqualTo(404);
    assertThat(new String(shop.download(id, "../etc/hostname").body(), StandardCharsets.UTF_8))
        .isEqualTo(out("cat /etc/hostname"));
    shop.upload(id, way, "f", "overwritten".getBytes(StandardCharsets.UTF_8));
    assertThat(outside).hasContent("secret of the host");
    out("ln -s " + outside + " link");
    assertThat(new String(shop.download(id, "link").body(), StandardCharsets.UTF_8))
        .as("a way of its own, to a file of its own")
        .isEqualTo("overwritten");
  }

  @Test
  void inParts() throws Exception {
    out("printf 0123456789 > ten");
    HttpResponse<byte[]> all = shop.download(id, "ten");
    String etag = all.headers().firstValue("etag").orElseThrow();
    assertThat(all.headers().firstValue("accept-ranges")).contains("bytes");
    assertPart("bytes=2-4", "234", "bytes 2-4/10");
    assertPart("bytes=7-", "789", "bytes 7-9/10");
    assertPart("bytes=-3", "789", "bytes 7-9/10");
    assertPart("bytes=5-500", "56789", "bytes 5-9/10");
    assertThat(new String(shop.download(id, "ten", "range", "lines=1-2").body())).hasSize(10);
    assertThat(new String(shop.download(id, "ten", "range", "bytes=4-2").body())).hasSize(10);
    HttpResponse<byte[]> beyond = shop.download(id, "ten", "range", "bytes=10-");
    assertThat(beyond.statusCode()).isEqualTo(416);
    assertThat(beyond.headers().firstValue("content-range")).contains("bytes */10");

    HttpResponse<byte[]> same = shop.download(id, "ten", "if-none-match", etag);
    assertThat(same.statusCode()).isEqualTo(304);
    assertThat(same.body()).isEmpty();
    assertThat(shop.download(id, "ten", "range", "bytes=0-0", "if-range", etag).statusCode())
        .isEqualTo(206);
    assertThat(shop.download(id, "ten", "range", "bytes=0-0", "if-range", "\"old\"").statusCode())
        .isEqualTo(200);
    out("printf 012345678X > ten");
    assertThat(shop.download(id, "ten", "if-none-match", etag).statusCode()).isEqualTo(200);
  }

  private void assertPart(String range, String text, String contentRange) throws Exception {
    HttpResponse<byte[]> part = shop.download(id, "ten", "range", range);
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(new String(part.body(), StandardCharsets.UTF_8)).isEqualTo(text);
    assertThat(part.headers().firstValue("content-range")).contains(contentRange);
  }

  @Test
  void emptyOnesAndThoseTheKernelMakesUp() throws Exception {
    out(": > nothing");
    assertThat(shop.download(id, "nothing").headers().firstValue("content-length")).contains("0");
    assertThat(new String(shop.download(id, "/proc/uptime").body(), StandardCharsets.UTF_8))
        .matches("[0-9.]+ [0-9.]+\n");
    refused(400, "is no regular file", "GET", "/files?path=/dev/zero");
  }

  @Test
  void listedReadWrittenAndRemoved() throws Exception {
    out("mkdir d; printf abc > d/f; ln -s f d/l");
    JsonNode rows = shop.get("/sandboxes/" + id + "/filesystem/list?path=d");
    assertThat(rows).hasSize(2).isEqualTo(shop.get("/sandboxes/" + id + "/files?path=d"));
    assertThat(rows.get(0).get("path").asString()).isEqualTo("/workspace/d/f");
    assertThat(rows.get(0).get("size").asInt()).isEqualTo(3);
    assertThat(rows.get(0).get("isDir").asBoolean()).isFalse();
    assertThat(rows.get(0).get("mode").asString()).isEqualTo("0644");
    assertThat(rows.get(1).get("linkTarget").asString()).isEqualTo("f");
    assertThat(shop.get("/sandboxes/" + id + "/filesystem/list").get(0).get("isDir").asBoolean())
        .isTrue();

    String filesystem = "/sandboxes/" + id + "/filesystem";
    assertThat(shop.get(filesystem + "?path=d/f").toString()).isEqualTo("{\"content\":\"YWJj\"}");
    HttpResponse<String> written =
        shop.call(
            "POST",
            filesystem,
            Json.object()
                .put("path", "new/deep/file")
                .put("content", Base64.getEncoder().encodeToString(new byte[] {1, 2}))
                .toString());
    assertThat(written.statusCode()).isEqualTo(200);
    assertThat(written.body()).isEmpty();
    assertThat(shop.download(id, "new/deep/file").body()).isEqualTo(new byte[] {1, 2});
    assertThat(shop.call("GET", filesystem + "/download?path=d/f", "").body()).isEqualTo("abc");

    assertThat(shop.call("DELETE", "/sandboxes/" + id + "/files?path=d", "").statusCode())
        .isEqualTo(204);
    assertThat(shop.call("DELETE", filesystem + "?path=new/deep/file", "").statusCode())
        .isEqualTo(204);
    assertThat(out("ls; ls new/deep")).isEqualTo("new\n");
  }

  @Test
  void whatCannotBe() throws Exception {
    refused(400, "path is required", "GET", "/files");
    refused(400, "path is required", "DELETE", "/files?path=");
    refused(400, "no NUL", "GET", "/files?path=a%00b");
    refused(400, "at most 4096", "GET", "/files?path=" + "a".repeat(5000));
    refused(404, "path '/workspace/none' does not exist", "GET", "/files?path=none");
    refused(404, "path '/workspace/none' does not exist", "DELETE", "/files?path=none");
    refused(404, "does not exist", "GET", "/filesystem/list?path=none");
    refused(400, "path '/tmp' is a directory", "GET", "/filesystem?path=/tmp");
    refused(
        400, "content is no base64", "POST", "/filesystem", "{\"path\":\"a\",\"content\":\"?\"}");
    refused(400, "content is required", "POST", "/filesystem", "{\"path\":\"a\"}");
    refused(400, "path is required", "POST", "/filesystem", "{\"content\":\"\"}");
    refused(400, "must be multipart/form-data", "POST", "/files", "{}");
    refused(403, "may not be used", "DELETE", "/files?path=/usr/bin/env");
    assertThat(shop.upload(id, "/usr/x", "f", new byte[1]).statusCode()).isEqualTo(403);
    assertThat(shop.upload(id, "", "f", new byte[1]).statusCode()).isEqualTo(400);
    out("mkdir dir");
    assertThat(shop.upload(id, "dir", "f", new byte[1]).statusCode()).isEqualTo(400);
  }

  private HttpResponse<String> form(String body) throws Exception {
    return shop.call(
        "POST",
        "/sandboxes/" + id + "/files",
        body,
        "content-type",
        "multipart/form-data; boundary=\"xYz\"");
  }

  @Test
  void formsThatAreNone() throws Exception {
    String good =
        new String(
            SandboxShop.form("p", "f", "abc".getBytes(StandardCharsets.UTF_8), true),
            StandardCharsets.UTF_8);
    assertThat(form(good).statusCode()).isEqualTo(200);
    assertThat(out("cat p")).isEqualTo("abc");
    for (String bad :
        new String[] {
          "",
          "nothing like a form",
          good.substring(0, good.length() - 10),
          good.replace("name=\"file\"", "name=\"other\""),
          good.replace("; name=\"file\"", ""),
          good.replace("name=\"path\"", "name=\"file\""),
          good.replace("Content-Type: ", "X: " + "y".repeat(20_000)),
        }) {
      HttpResponse<String> answer = form(bad);
      assertThat(answer.statusCode()).as(bad).isEqualTo(400);
      assertThat(answer.body()).contains("malformed multipart body");
    }
  }

  @Test
  void tooLargeIsSaidBeforeAndWhileItIsRead() throws Exception {
    byte[] large = new byte[9 << 20];
    HttpResponse<String> said = shop.upload(id, "large", "f", large);
    assertThat(said.statusCode()).isEqualTo(413);
    assertThat(said.body()).contains("larger than the limit of 8388608 bytes");
    HttpResponse<String> unsaid =
        shop.shop.client.send(
            HttpRequest.newBuilder(shop.shop.uri("/sandboxes/" + id + "/files"))
                .header("x-api-key", SandboxShop.KEY)
                .header("content-type", "multipart/form-data; boundary=xYz")
                .POST(
                    HttpRequest.BodyPublishers.ofInputStream(() ->
                        new java.io.ByteArrayInputStream(
                            SandboxShop.form("large", "f", large, true))))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(unsaid.statusCode()).isEqualTo(413);
    assertThat(shop.upload(id, "just", "f", new byte[8 << 20]).statusCode()).isEqualTo(200);
    assertThat(out("ls")).isEqualTo("just\n");
  }

  @Test
  void aClientThatLeavesInTheMiddleLeavesNothing() throws Exception {
    try (RawClient client = new RawClient(shop.shop.port())) {
      client.send(
          "POST /sandboxes/%s/files HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\nContent-Type: multipart/form-data; boundary=xYz\r\nContent-Length: 1000000\r\n\r\n%s"
              .formatted(
                  id,
                  SandboxShop.KEY,
                  new String(
                          SandboxShop.form("half", "f", new byte[5000], true),
                          StandardCharsets.UTF_8)
                      .substring(0, 3000)));
      Path spool = shop.shop.directory.resolve(".sandstorm/hosting/spool");
      SandboxShop.await("it arrives", () -> spooled(spool) == 1);
    }
    Path spool = shop.shop.directory.resolve(".sandstorm/hosting/spool");
    SandboxShop.await("it is removed", () -> spooled(spool) == 0);
    assertThat(out("ls")).isEmpty();
  }

  private static long spooled(Path directory) throws Exception {
    if (!Files.isDirectory(directory)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.count();
    }
  }

  @Test
  void aFullDiskIsSaid() throws Exception {
    JsonNode made = shop.get("/sandboxes/" + id);
    if (made.get("diskSizeMB").asInt() > 0 && System.getProperty("user.name").equals("root")) {
      out(
          "fallocate -l 5300M big 2>/dev/null; df --output=avail -m . | tail -1; head -c 200M /dev/zero > more");
      String left = out("df --output=avail -m . | tail -1").strip();
      org.junit.jupiter.api.Assumptions.assumeTrue(
          left.equals("0"), "this machine keeps no disk limit");
      HttpResponse<String> answer = shop.upload(id, "file", "f", new byte[1 << 20]);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(507);
      assertThat(out("ls file 2>/dev/null")).isEmpty();
    }
  }
}
