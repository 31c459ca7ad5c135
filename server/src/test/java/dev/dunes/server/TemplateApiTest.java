package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.server.http.Json;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Building templates over HTTP. E2B wire 2.4. */
class TemplateApiTest {
  @TempDir Path directory;
  private SandboxShop shop;
  private TemplateShop templates;

  @BeforeEach
  void open() throws Exception {
    shop = new SandboxShop(directory);
    templates = new TemplateShop(shop);
  }

  @AfterEach
  void close() throws Exception {
    templates.clear();
    shop.close();
  }

  @Test
  void aTemplateIsBuiltUsedAndDeleted() throws Exception {
    JsonNode asked = templates.request("Http-App:V1");
    assertThat(asked.get("names").get(0).asString()).isEqualTo("http-app");
    assertThat(asked.get("tags").get(0).asString()).isEqualTo("v1");
    byte[] file = "no tar, but a file".getBytes(StandardCharsets.UTF_8);
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file));
    String link = "/templates/%s/files/%s".formatted(asked.get("templateID").asString(), hash);
    HttpResponse<String> where = shop.call("GET", link, "");
    assertThat(where.statusCode()).isEqualTo(201);
    assertThat(Shop.json(where.body()).get("present").asBoolean()).isFalse();
    URI url = URI.create(Shop.json(where.body()).get("url").asString());
    assertThat(put(url, file)).isEqualTo(201);
    assertThat(put(url, file)).as("once").isEqualTo(404);
    assertThat(Shop.json(shop.call("GET", link, "").body()).get("present").asBoolean()).isTrue();

    JsonNode done =
        templates.build(
            asked,
            TemplateShop.plan(
                TemplateShop.step("ENV", "A", "b"),
                TemplateShop.step("RUN", "echo built $A | tee n")));
    assertThat(done.get("status").asString()).isEqualTo("ready");
    assertThat(done.get("logs").toString()).contains("built b\\n");
    assertThat(done.get("logEntries").get(0).get("level").asString()).isEqualTo("info");
    String id =
        shop.post(201, "/sandboxes", Json.object().put("templateID", "http-app:v1"))
            .get("sandboxID")
            .asString();
    assertThat(shop.sh(id, "cat /home/user/n").get("stdout").asString()).isEqualTo("built b\n");

    String template = asked.get("templateID").asString();
    JsonNode row = shop.get("/v2/templates").get(0);
    assertThat(row.get("buildStatus").asString()).isEqualTo("ready");
    assertThat(row.get("buildCount").asInt()).isEqualTo(1);
    assertThat(shop.get("/templates/aliases/http-app").get("templateID").asString())
        .isEqualTo(template);
    assertThat(shop.get("/templates/aliases/base").get("public").asBoolean()).isTrue();
    assertThat(shop.call("GET", "/templates/aliases/none", "").statusCode()).isEqualTo(404);
    JsonNode tag =
        shop.post(
            201,
            "/templates/tags",
            ((ObjectNode) Json.object().put("target", "http-app:v1"))
                .set("tags", Json.MAPPER.createArrayNode().add("live")));
    assertThat(tag.get("buildID")).isEqualTo(asked.get("buildID"));
    assertThat(shop.get("/templates/" + template + "/tags")).hasSize(2);
    assertThat(
            shop.call("DELETE", "/templates/tags", "{\"name\":\"http-app\",\"tags\":[\"live\"]}")
                .statusCode())
        .isEqualTo(204);
    assertThat(shop.call("DELETE", "/templates/" + template, "").statusCode()).isEqualTo(204);
    assertThat(shop.call("DELETE", "/templates/" + template, "").statusCode()).isEqualTo(404);
  }

  @Test
  void theLinkForAnUploadSaysTlsToThoseWhoCameByIt() throws Exception {
    String template = templates.request("linked").get("templateID").asString();
    String path = "/templates/%s/files/%s".formatted(template, "0".repeat(64));
    assertThat(Shop.json(shop.call("GET", path, "").body()).get("url").asString())
        .startsWith(shop.shop.server().uri() + "/");
    shop.shop.set("DUNES_E2B_TLS_PORT", "0");
    shop.shop.restart(shop.shop.port());
    DunesServer.Domain domain = shop.shop.server().domain().orElseThrow();
    String host = "api." + domain.name();
    int port = Integer.parseInt(host.substring(host.lastIndexOf(':') + 1));
    try (Socket socket =
        NetworkRulesTest.trusting(Files.readString(domain.authority()))
            .getSocketFactory()
            .createSocket("127.0.0.1", port)) {
      socket.setSoTimeout(30_000);
      socket
          .getOutputStream()
          .write(
              "GET %s HTTP/1.1\r\nHost: %s\r\nX-API-Key: %s\r\nConnection: close\r\n\r\n"
                  .formatted(path, host, SandboxShop.KEY)
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("\"url\":\"https://" + host + "/");
    }
  }

  private int put(URI url, byte[] body) throws Exception {
    return shop.shop
        .client
        .send(
            HttpRequest.newBuilder(url).PUT(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
            HttpResponse.BodyHandlers.ofString())
        .statusCode();
  }

  @Test
  void aFailureNamesItsStep() throws Exception {
    JsonNode done =
        templates.build(
            templates.request("http-bad"),
            TemplateShop.plan(
                TemplateShop.step("RUN", "true"), TemplateShop.step("RUN", "exit 9")));
    assertThat(done.get("status").asString()).isEqualTo("error");
    assertThat(done.get("reason").get("step").asString()).isEqualTo("2");
    assertThat(done.get("reason").get("message").asString()).contains("exit code 9");
  }

  @Test
  void whatMakesNoSenseIsRefused() throws Exception {
    JsonNode asked = templates.request("http-odd");
    String path =
        "/v2/templates/%s/builds/%s"
            .formatted(asked.get("templateID").asString(), asked.get("buildID").asString());
    for (Map.Entry<String, String> wrong :
        Map.of(
                "{", "not JSON",
                "{\"steps\":[{\"type\":\"ADD\"}]}", "'ADD' is not known",
                "{\"steps\":[{\"type\":\"RUN\",\"args\":[]}]}", "step 1 (RUN) lacks arguments",
                "{\"steps\":[{\"type\":\"RUN\",\"args\":[1]}]}", "args must be texts",
                "{\"fromImage\":\"a\",\"fromTemplate\":\"b\"}", "either fromImage or fromTemplate")
            .entrySet()) {
      HttpResponse<String> answer = shop.call("POST", path, wrong.getKey());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
      assertThat(answer.body()).contains(wrong.getValue());
    }
    assertThat(shop.call("POST", path + "x", "{}").statusCode()).isEqualTo(404);
    assertThat(shop.call("POST", "/v3/templates", "{\"name\":\"base\"}").statusCode())
        .isEqualTo(400);
    assertThat(shop.call("POST", "/v3/templates", "{\"name\":\"a b\"}").statusCode())
        .isEqualTo(400);
  }

  @Test
  void thePublishedClientBuilds() throws Exception {
    Path modules = NodeClient.modules();
    Path context = Files.createDirectory(directory.resolve("context"));
    Files.writeString(context.resolve("hello.txt"), "hello");
    String key =
        shop.post(201, "/api-keys", Json.object().put("name", "client")).get("key").asString();
    assertThat(client(key, "node", script("template.mjs"), modules.toString(), context.toString()))
        .contains("ok build", "ok tags", "ok failures", "ok workdir");
    String python = System.getenv("DUNES_TEST_PYTHON");
    assumeTrue(python != null, "DUNES_TEST_PYTHON is not set: no Python with the SDK");
    assertThat(client(key, python, script("template.py"), "sdk-app:v1", "/home/user/app"))
        .contains("ok commands", "ok terminals", "ok files");
  }

  private static String script(String name) {
    return Path.of(System.getProperty("dunes.root"), "server/src/test/resources/clients", name)
        .toString();
  }

  private String client(String key, String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    String url = shop.shop.server().uri().toString();
    builder
        .environment()
        .putAll(Map.of("E2B_API_URL", url, "E2B_SANDBOX_URL", url, "E2B_API_KEY", key));
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(text).isZero();
    return text;
  }
}
