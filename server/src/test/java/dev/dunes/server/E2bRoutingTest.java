package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.http.Json;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Which requests are for a port of a sandbox, and what is said when nobody is there. */
class E2bRoutingTest {
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

  private JsonNode secure() throws Exception {
    return shop.create(Json.object().put("secure", true));
  }

  private static void gone(HttpResponse<String> answer, String id, String why) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(502);
    assertThat(answer.body())
        .startsWith(
            "{\"sandboxId\":\"%s\",\"message\":\"The sandbox was not found\",\"code\":502,\"reason\":\"%s"
                .formatted(id, why))
        .endsWith("\"}");
  }

  private HttpResponse<String> port(String id, int port) throws Exception {
    return shop.shop.send(
        "GET", "/", "", "e2b-sandbox-id", id, "e2b-sandbox-port", Integer.toString(port));
  }

  @Test
  void oneHeaderOfTwoIsRefused() throws Exception {
    for (String name : new String[] {"E2b-Sandbox-Id", "E2b-Sandbox-Port"}) {
      HttpResponse<String> answer = shop.shop.send("GET", "/health", "", name, "80");
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body()).isEqualTo("missing header");
    }
  }

  @Test
  void whoIsNotThereIsSaidWithTheReason() throws Exception {
    gone(port("inever", 80), "inever", "never existed");
    String id = shop.create();
    shop.call("DELETE", "/sandboxes/" + id, "");
    gone(port(id, 49983), id, "killed at ");
    String paused = shop.create();
    shop.post(204, "/sandboxes/" + paused + "/pause", Json.object());
    gone(port(paused, 49983), paused, "paused");
  }

  /** Whether it lives may be asked by everybody; it wakes for those who may use it. */
  @Test
  void aPausedSandboxDoesNotWakeForAStrangerWhoAsksForItsHealth() throws Exception {
    ObjectNode wanted = Json.object().put("secure", true);
    wanted.putObject("autoResume").put("enabled", true);
    JsonNode made = shop.create(wanted);
    String id = made.get("sandboxID").asString();
    String token = made.get("envdAccessToken").asString();
    assertThat(health(id, "").statusCode()).isEqualTo(204);
    shop.post(204, "/sandboxes/" + id + "/pause", Json.object());
    for (String wrong : new String[] {"", "wrong"}) {
      HttpResponse<String> denied = health(id, wrong);
      assertThat(denied.statusCode()).as(denied.body()).isEqualTo(403);
      assertThat(denied.body())
          .isEqualTo(
              "{\"sandboxId\":\"%s\",\"message\":\"This sandbox can't be resumed with the credentials provided. Check your access token and try again.\",\"code\":403}"
                  .formatted(id));
      assertThat(shop.get("/sandboxes/" + id).get("state").asString()).isEqualTo("paused");
    }
    assertThat(health(id, token).statusCode()).isEqualTo(204);
    assertThat(shop.get("/sandboxes/" + id).get("state").asString()).isEqualTo("running");
  }

  private HttpResponse<String> health(String id, String token) throws Exception {
    List<String> headers =
        new ArrayList<>(List.of("e2b-sandbox-id", id, "e2b-sandbox-port", "49983"));
    if (!token.isEmpty()) {
      headers.addAll(List.of("x-access-token", token));
    }
    return shop.shop.send("GET", "/health", "", headers.toArray(String[]::new));
  }

  @Test
  void aPersonGetsAPage() throws Exception {
    HttpResponse<String> answer =
        shop.shop.send(
            "GET",
            "/",
            "",
            "e2b-sandbox-id",
            "inever",
            "e2b-sandbox-port",
            "80",
            "sec-fetch-mode",
            "navigate");
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
    assertThat(answer.body()).contains("The sandbox was not found (never existed)");
  }

  @Test
  void namesThatCannotBeAreRefused() throws Exception {
    assertThat(port("../x", 80).statusCode()).isEqualTo(400);
    for (String port : new String[] {"0", "65536", "99999999999999999999", "-1", "80x"}) {
      HttpResponse<String> answer =
          shop.shop.send("GET", "/", "", "e2b-sandbox-id", "ia", "e2b-sandbox-port", port);
      assertThat(answer.statusCode()).as(port).isEqualTo(400);
    }
  }

  @Test
  void processesAndFilesWantATokenUnlessAnSdkKnowsNone() throws Exception {
    JsonNode plain = made("curl/8");
    String id = plain.get("sandboxID").asString();
    assertThat(environment(id, "").statusCode()).isEqualTo(401);
    assertThat(environment(id, "wrong").statusCode()).isEqualTo(401);
    assertThat(environment(id, plain.get("envdAccessToken").asString()).statusCode())
        .isEqualTo(200);

    JsonNode old = made("e2b-js-sdk/1.13.2");
    assertThat(old.has("envdAccessToken")).isFalse();
    assertThat(environment(old.get("sandboxID").asString(), "").statusCode()).isEqualTo(200);
  }

  private JsonNode made(String client) throws Exception {
    HttpResponse<String> answer =
        shop.shop.send(
            "POST",
            "/sandboxes",
            "{\"templateID\":\"base\"}",
            "x-api-key",
            SandboxShop.KEY,
            "user-agent",
            client);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    return JsonMapper.shared().readTree(answer.body());
  }

  private HttpResponse<String> environment(String id, String token) throws Exception {
    List<String> headers =
        new ArrayList<>(List.of("e2b-sandbox-id", id, "e2b-sandbox-port", "49983"));
    if (!token.isEmpty()) {
      headers.addAll(List.of("x-access-token", token));
    }
    return shop.shop.send("GET", "/envs", "", headers.toArray(String[]::new));
  }

  /** The vector of E2B wire 2.5 is checked where signatures are made. */
  @Test
  void aSignatureNamesTheSandboxAndAForgedOneNobody() throws Exception {
    JsonNode made = secure();
    String token = made.get("envdAccessToken").asString();
    secure(); // another one, which must not be found
    String signed = "hello.txt:read::" + token;
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest(signed.getBytes(StandardCharsets.UTF_8));
    String good = "v1_" + Base64.getEncoder().withoutPadding().encodeToString(hash);
    for (int i = 0; i < 2; i++) { // found among all, then remembered
      assertThat(atPort(signed(good)).headers().firstValue("access-control-max-age"))
          .contains("7200");
    }
    assertThat(atPort(signed(good + "x")).headers().firstValue("access-control-max-age")).isEmpty();
    assertThat(
            shop.shop
                .send("GET", "/nowhere", "", "x-access-token", token)
                .headers()
                .firstValue("access-control-max-age"))
        .contains("7200");
    shop.call("DELETE", "/sandboxes/" + made.get("sandboxID").asString(), "");
    // Once it is gone its signature is as good as any other.
    for (String signature : new String[] {good, "v1_x", ""}) {
      assertThat(atPort(signed(signature)).statusCode()).isEqualTo(404);
    }
  }

  /** Clients that do not encode it mean it, too. */
  @Test
  void aSignatureMayHaveAPlusSignAsItIs() throws Exception {
    JsonNode made = secure();
    String token = made.get("envdAccessToken").asString();
    String path = "";
    String signature = "";
    for (int i = 0; !signature.contains("+"); i++) {
      path = "f" + i;
      signature =
          "v1_"
              + Base64.getEncoder()
                  .withoutPadding()
                  .encodeToString(
                      MessageDigest.getInstance("SHA-256")
                          .digest(
                              "%s:write::%s"
                                  .formatted(path, token)
                                  .getBytes(StandardCharsets.UTF_8)));
    }
    HttpResponse<String> answer =
        shop.shop.send(
            "POST",
            "/files?path=%s&signature=%s".formatted(path, signature),
            "written",
            "content-type",
            "application/octet-stream");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    String id = made.get("sandboxID").asString();
    assertThat(shop.sh(id, "cat /home/user/" + path).get("stdout").asString()).isEqualTo("written");
  }

  private static String signed(String signature) {
    return "/files?path=hello.txt&signature=" + signature.replace("+", "%2B").replace("/", "%2F");
  }

  private HttpResponse<String> atPort(String path) throws Exception {
    return shop.shop.send("GET", path, "");
  }
}
