package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.server.http.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Programs that listen in a sandbox, reached from outside. */
class E2bPortsTest {
  private static final int PORT = 3000;

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

  private JsonNode serving(ObjectNode wanted, String... more) throws Exception {
    JsonNode made = shop.create(wanted);
    start(made.get("sandboxID").asString(), more);
    return made;
  }

  private void start(String id, String... more) throws Exception {
    byte[] program =
        Files.readAllBytes(
            Path.of(
                System.getProperty("dunes.root"),
                "server/src/test/resources/clients/port-server.py"));
    assertThat(shop.upload(id, "/workspace/serve.py", "serve.py", program).statusCode())
        .isEqualTo(200);
    ObjectNode process = Json.object().put("cmd", "python3").put("background", true);
    ArrayNode arguments = process.putArray("args").add("/workspace/serve.py");
    arguments.add(Integer.toString(PORT));
    List.of(more).forEach(arguments::add);
    shop.post(202, "/sandboxes/" + id + "/processes", process);
    SandboxShop.await(
        "it listens",
        () ->
            shop.sh(id, "bash -c ': > /dev/tcp/127.0.0.1/%d'".formatted(PORT))
                    .get("exitCode")
                    .asInt()
                == 0);
  }

  private String serving() throws Exception {
    return serving(Json.object()).get("sandboxID").asString();
  }

  private HttpRequest.Builder request(String id, int port, String path) {
    return HttpRequest.newBuilder(shop.shop.uri(path))
        .header("E2b-Sandbox-Id", id)
        .header("E2b-Sandbox-Port", Integer.toString(port));
  }

  private HttpResponse<String> get(String id, String path, String... headers) throws Exception {
    HttpRequest.Builder request = request(id, PORT, path);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return shop.shop.client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aRequestArrivesAsItWasSentWithoutWhatIsForThisServer() throws Exception {
    String id = serving();
    HttpResponse<String> answer =
        get(
            id,
            "/a%20b/%2F?x=1&dunes-preview=1-a&y=%26",
            "x-api-key",
            SandboxShop.KEY,
            "authorization",
            "Bearer " + SandboxShop.KEY,
            "cookie",
            "dunes-preview=x; own=1",
            "x-mine",
            "é");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    JsonNode seen = Shop.json(answer.body());
    assertThat(seen.get("path").asString()).isEqualTo("/a%20b/%2F?x=1&y=%26");
    JsonNode headers = seen.get("headers");
    assertThat(headers.get("host").asString()).isEqualTo("localhost:" + PORT);
    assertThat(headers.get("cookie").asString()).isEqualTo("own=1");
    assertThat(headers.propertyNames())
        .doesNotContain("x-api-key", "authorization", "e2b-sandbox-id", "e2b-sandbox-port");
    // As usual in HTTP/1.1, for programs that compare them letter by letter.
    assertThat(Shop.json(get(id, "/names", "x-some-thing", "1").body()).toString())
        .contains("\"Host\"", "\"X-Some-Thing\"", "\"Connection\"");
    // Another's key is the program's own business.
    assertThat(
            Shop.json(get(id, "/", "x-api-key", "own").body())
                .get("headers")
                .get("x-api-key")
                .asString())
        .isEqualTo("own");
  }

  @Test
  void programsThatInsistOnTlsAreReachedInTls() throws Exception {
    ObjectNode wanted = Json.object();
    wanted.putObject("network").putArray("httpsPorts").add(PORT);
    JsonNode plain = serving(wanted.deepCopy());
    String plainId = plain.get("sandboxID").asString();
    HttpResponse<String> refused = get(plainId, "/");
    assertThat(refused.statusCode()).isEqualTo(502);
    assertThat(refused.body()).contains("does not speak TLS", "network.httpsPorts");
    assertThat(plain.get("network").get("httpsPorts").toString()).isEqualTo("[3000]");

    JsonNode made = shop.create(wanted);
    String id = made.get("sandboxID").asString();
    String pair = "/workspace/pair.pem";
    JsonNode done =
        shop.sh(
            id,
            "cd /workspace && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=any -keyout key -out cert 2>&1 && cat cert key > "
                + pair);
    assertThat(done.get("exitCode").asInt()).as(done.toString()).isZero();
    start(id, pair);
    JsonNode seen = Shop.json(get(id, "/a?b").body());
    assertThat(seen.get("path").asString()).isEqualTo("/a?b");
    byte[] body = new byte[3_000_000];
    new Random(1).nextBytes(body);
    HttpResponse<String> posted =
        shop.shop.client.send(
            request(id, PORT, "/p").POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(Shop.json(posted.body()).get("length").asInt()).isEqualTo(body.length);

    for (String bad : List.of("[49983]", "[0]", "[70000]", "[\"3000\"]", "3000")) {
      HttpResponse<String> answer =
          shop.call(
              "POST",
              "/sandboxes",
              "{\"templateID\":\"base\",\"network\":{\"httpsPorts\":%s}}".formatted(bad));
      assertThat(answer.statusCode()).as(bad + answer.body()).isEqualTo(400);
    }
  }

  @Test
  void bodiesOfBothKindsArriveWhole() throws Exception {
    String id = serving();
    byte[] body = new byte[3_000_000];
    new Random(1).nextBytes(body);
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    for (HttpRequest.BodyPublisher publisher :
        new HttpRequest.BodyPublisher[] {
          HttpRequest.BodyPublishers.ofByteArray(body),
          HttpRequest.BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body))
        }) {
      HttpResponse<String> answer =
          shop.shop.client.send(
              request(id, PORT, "/").POST(publisher).build(), HttpResponse.BodyHandlers.ofString());
      JsonNode seen = Shop.json(answer.body());
      assertThat(seen.get("length").asInt()).isEqualTo(body.length);
      assertThat(seen.get("sha256").asString()).isEqualTo(hash);
    }
  }

  @Test
  void anAnswerStreamsAndCookiesStayApart() throws Exception {
    String id = serving();
    HttpResponse<InputStream> stream =
        shop.shop.client.send(
            request(id, PORT, "/stream").build(), HttpResponse.BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).isEqualTo("data: one");
      assertThat(get(id, "/go").body()).isEqualTo("went");
      assertThat(lines.readLine()).isEmpty();
      assertThat(lines.readLine()).isEqualTo("data: two");
    }
    assertThat(get(id, "/cookies").headers().allValues("set-cookie")).containsExactly("a=1", "b=2");
    HttpResponse<Void> head =
        shop.shop.client.send(
            request(id, PORT, "/").method("HEAD", HttpRequest.BodyPublishers.noBody()).build(),
            HttpResponse.BodyHandlers.discarding());
    assertThat(head.headers().firstValueAsLong("content-length")).hasValue(12_345);
  }

  @Test
  void whatIsNoProperAnswerIsNotPassedOn() throws Exception {
    String id = serving();
    assertThatThrownBy(() -> get(id, "/cut")).isInstanceOf(IOException.class);
    for (String path : new String[] {"/bad", "/long"}) {
      assertThat(get(id, path).statusCode()).as(path).isEqualTo(502);
    }
  }

  @Test
  void aWebSocket() throws Exception {
    String id = serving();
    CompletableFuture<String> heard = new CompletableFuture<>();
    URI uri = URI.create(shop.shop.uri("/ws").toString().replace("http:", "ws:"));
    WebSocket socket =
        shop.shop
            .client
            .newWebSocketBuilder()
            .header("E2b-Sandbox-Id", id)
            .header("E2b-Sandbox-Port", Integer.toString(PORT))
            .buildAsync(
                uri,
                new WebSocket.Listener() {
                  @Override
                  public CompletionStage<?> onText(WebSocket s, CharSequence text, boolean last) {
                    heard.complete(text.toString());
                    return WebSocket.Listener.super.onText(s, text, last);
                  }
                })
            .get(30, TimeUnit.SECONDS);
    socket.sendText("hello", true);
    assertThat(heard.get(30, TimeUnit.SECONDS)).isEqualTo("HELLO");
    socket.abort();
  }

  @Test
  void theNameOfTheHostLeadsThereWhateverIsBehindIt() throws Exception {
    String id = serving();
    try (RawClient client = new RawClient(shop.shop.port())) {
      client.send(
          "GET /named HTTP/1.1\r\nHost: %d-%s.any.where:1\r\nConnection: close\r\n\r\n"
              .formatted(PORT, id));
      assertThat(client.readAll())
          .startsWith("HTTP/1.1 200")
          .contains("\"path\": \"/named\"")
          .contains("\"host\": \"%d-%s.any.where:1\"".formatted(PORT, id));
    }
  }

  @Test
  void aClosedPortIsSaid() throws Exception {
    String id = shop.create();
    HttpResponse<String> answer =
        shop.shop.client.send(request(id, 4321, "/").build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body())
        .isEqualTo(
            "{\"sandboxId\":\"%s\",\"message\":\"The sandbox is running but port is not open\",\"port\":4321,\"code\":502}"
                .formatted(id));
  }

  @Test
  void privatePortsNeedTheirTokenOrASignedAddress() throws Exception {
    ObjectNode wanted = Json.object().put("secure", true);
    wanted.putObject("network").put("allowPublicTraffic", false);
    JsonNode made = serving(wanted);
    String id = made.get("sandboxID").asString();
    String token = made.get("trafficAccessToken").asString();
    assertThat(get(id, "/").statusCode()).isEqualTo(403);
    assertThat(get(id, "/", "e2b-traffic-access-token", token + "0").statusCode()).isEqualTo(403);
    HttpResponse<String> good = get(id, "/", "e2b-traffic-access-token", token);
    assertThat(good.statusCode()).isEqualTo(200);
    assertThat(good.body()).doesNotContain(token);
    JsonNode preview =
        shop.post(200, "/sandboxes/%s/ports/%d/preview".formatted(id, PORT), Json.object());
    String url = preview.get("url").asString();
    assertThat(url).startsWith("http://%d-%s.localhost:%d/?".formatted(PORT, id, shop.shop.port()));
    String query = url.substring(url.indexOf('?'));
    HttpResponse<String> opened = get(id, "/" + query);
    assertThat(opened.statusCode()).isEqualTo(200);
    assertThat(Shop.json(opened.body()).get("path").asString()).isEqualTo("/");
    String cookie = opened.headers().firstValue("set-cookie").orElseThrow();
    assertThat(cookie).contains("HttpOnly").contains("SameSite=Lax");
    assertThat(get(id, "/next", "cookie", cookie.split(";")[0]).statusCode()).isEqualTo(200);
    // It opens one port only, and only as it was signed.
    HttpResponse<String> other =
        shop.shop.client.send(
            request(id, PORT + 1, "/" + query).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(other.statusCode()).isEqualTo(403);
    assertThat(get(id, "/" + query.replace("dunes-preview=1", "dunes-preview=2")).statusCode())
        .isEqualTo(403);
  }

  @Test
  void whoIsNotLetInWakesNobody() throws Exception {
    ObjectNode wanted = Json.object().put("secure", true);
    wanted.putObject("network").put("allowPublicTraffic", false);
    wanted.putObject("autoResume").put("enabled", true);
    JsonNode made = serving(wanted);
    String id = made.get("sandboxID").asString();
    shop.post(204, "/sandboxes/" + id + "/pause", Json.object());
    for (String token : List.of("", "wrong")) {
      assertThat(send(id, PORT, "GET", "/", token, token).statusCode()).isEqualTo(403);
      for (String asked : List.of("GET /contexts", "POST /contexts", "POST /execute")) {
        String[] words = asked.split(" ");
        assertThat(send(id, 49999, words[0], words[1], token, token).statusCode())
            .as(asked)
            .isEqualTo(403);
      }
      for (String asked :
          List.of("GET /envs", "GET /files", "POST /files", "POST /process.Process/List")) {
        String[] words = asked.split(" ");
        assertThat(send(id, 49983, words[0], words[1], token, token).statusCode())
            .as(asked)
            .isEqualTo(401);
      }
    }
    String traffic = made.get("trafficAccessToken").asString();
    assertThat(send(id, 49999, "POST", "/execute", traffic, "wrong").statusCode()).isEqualTo(401);
    assertThat(shop.get("/sandboxes/" + id).get("state").asString()).isEqualTo("paused");

    assertThat(send(id, 49999, "GET", "/contexts", traffic, "").statusCode()).isEqualTo(200);
    assertThat(shop.get("/sandboxes/" + id).get("state").asString()).isEqualTo("running");
    assertThat(send(id, PORT, "GET", "/", traffic, "").statusCode()).isEqualTo(200);
  }

  /** Tokens that are empty are not sent. */
  private HttpResponse<String> send(
      String id, int port, String method, String path, String traffic, String access)
      throws Exception {
    HttpRequest.Builder request =
        request(id, port, path).method(method, HttpRequest.BodyPublishers.noBody());
    if (!traffic.isEmpty()) {
      request.header("e2b-traffic-access-token", traffic);
    }
    if (!access.isEmpty()) {
      request.header("x-access-token", access);
    }
    return shop.shop.client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void trafficWakesASandboxThatWasMadeSo() throws Exception {
    ObjectNode wanted = Json.object();
    wanted.putObject("autoResume").put("enabled", true);
    String id = serving(wanted).get("sandboxID").asString();
    shop.post(204, "/sandboxes/" + id + "/pause", Json.object());
    assertThat(get(id, "/").statusCode()).isEqualTo(200);
    assertThat(shop.get("/sandboxes/" + id).get("state").asString()).isEqualTo("running");
  }
}
