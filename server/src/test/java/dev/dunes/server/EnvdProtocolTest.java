package dev.dunes.server;

import static dev.dunes.server.e2b.envd.EnvdClient.frame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.e2b.envd.EnvdClient;
import dev.dunes.server.http.Json;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls that are not as the Connect protocol has them, and who may call. */
class EnvdProtocolTest {
  private static final String STAT = "/filesystem.Filesystem/Stat";
  private static final String START = "/process.Process/Start";
  private static final byte[] TRUE =
      EnvdClient.shell("true").toString().getBytes(StandardCharsets.UTF_8);

  @TempDir Path directory;
  private SandboxShop shop;
  private EnvdClient envd;

  @BeforeEach
  void open() throws Exception {
    shop = new SandboxShop(directory);
    envd = new EnvdClient(shop.shop.server().uri(), shop.create());
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  /** The error of a stream. */
  private String stream(byte[] body, String... headers) throws Exception {
    String[] all = new String[headers.length + 2];
    System.arraycopy(headers, 0, all, 2, headers.length);
    all[0] = "content-type";
    all[1] = "application/connect+json";
    HttpResponse<byte[]> answer = envd.post(START, body, all);
    assertThat(answer.statusCode()).isEqualTo(200);
    return text(answer).substring(5);
  }

  @ParameterizedTest
  @CsvSource({
    "/filesystem.Filesystem/Stat, text/plain, 'application/json, application/proto'",
    "/filesystem.Filesystem/Stat, application/connect+json, 'application/json, application/proto'",
    "/process.Process/Start, application/json, 'application/connect+json, application/connect+proto'",
  })
  void otherTypesAreRefused(String method, String type, String accepted) throws Exception {
    HttpResponse<byte[]> answer = envd.post(method, new byte[0], "content-type", type);

    assertThat(answer.statusCode()).isEqualTo(415);
    assertThat(answer.headers().firstValue("accept-post")).hasValue(accepted);
  }

  @Test
  void unaryCallsThatAreNone() throws Exception {
    assertThat(envd.get(STAT).statusCode()).isEqualTo(405);
    assertThat(
            text(
                envd.post(
                    STAT,
                    "{".getBytes(StandardCharsets.UTF_8),
                    "content-type",
                    "application/json; charset=utf-8")))
        .startsWith("{\"code\":\"invalid_argument\",\"message\":\"unmarshal message: ");
    assertThat(text(envd.post(STAT, new byte[] {10, 5}, "content-type", "application/proto")))
        .isEqualTo(
            "{\"code\":\"invalid_argument\",\"message\":\"unmarshal message: the message ends in the middle of a field\"}");
    HttpResponse<byte[]> zipped =
        envd.post(
            STAT, new byte[9], "content-type", "application/json", "content-encoding", "gzip");
    assertThat(zipped.statusCode()).isEqualTo(501);
    assertThat(text(zipped)).contains("\"unimplemented\"");
    assertThat(
            text(
                envd.post(
                    STAT,
                    new byte[9],
                    "content-type",
                    "application/json",
                    "connect-protocol-version",
                    "2")))
        .contains("\"invalid_argument\"", "Connect-Protocol-Version");
    HttpResponse<byte[]> large =
        envd.post(STAT, new byte[(16 << 20) + 1], "content-type", "application/json");
    assertThat(large.statusCode()).isEqualTo(429);
    assertThat(text(large)).contains("\"resource_exhausted\"", "at most 16777216 bytes");
  }

  @Test
  void streamsThatAreNone() throws Exception {
    assertThat(stream(new byte[0])).contains("\"invalid_argument\"", "there is no message");
    assertThat(stream(new byte[] {0, 0, 0})).contains("ends in the head of a message");
    assertThat(stream(ByteBuffer.allocate(9).put((byte) 0).putInt(5).array()))
        .contains("5 bytes were announced, 4 came");
    assertThat(stream(frame(1, TRUE))).contains("\"unimplemented\"");
    assertThat(stream(frame(64, TRUE))).contains("\"invalid_argument\"", "unknown flags 64");
    assertThat(stream(ByteBuffer.allocate(5).put((byte) 0).putInt(-1).array()))
        .contains("\"resource_exhausted\"");
    assertThat(stream(frame(0, "[]".getBytes(StandardCharsets.UTF_8))))
        .contains("\"invalid_argument\"", "StartRequest must be an object");
    assertThat(stream(frame(0, TRUE), "connect-content-encoding", "gzip"))
        .contains("\"unimplemented\"");
    byte[] twice =
        ByteBuffer.allocate(2 * (5 + TRUE.length)).put(frame(0, TRUE)).put(frame(0, TRUE)).array();
    assertThat(stream(twice)).contains("more than one message");
  }

  /** After all of that the server is as it was, and nothing was started. */
  @Test
  void theSandboxIsUnimpressed() throws Exception {
    streamsThatAreNone();
    assertThat(envd.unary(200, "/process.Process/List", Json.object()).toString()).isEqualTo("{}");
    assertThat(envd.stream(START, EnvdClient.shell("echo hi")).toString()).contains("aGkK");
  }

  @Test
  void aClientThatSendsOnlyHalfStartsNothing() throws Exception {
    String host = "127.0.0.1";
    try (RawClient raw = new RawClient(shop.shop.port())) {
      raw.send(
          "POST %s HTTP/1.1\r\nHost: %s\r\nE2b-Sandbox-Id: %s\r\nE2b-Sandbox-Port: 49983\r\nContent-Type: application/connect+json\r\nContent-Length: 500\r\n\r\n\0\0\0\0\u0064{\"process\""
              .formatted(START, host, sandbox()));
    }
    assertThat(envd.unary(200, "/process.Process/List", Json.object()).toString()).isEqualTo("{}");
  }

  private String sandbox() throws Exception {
    return shop.get("/sandboxes").get(0).get("sandboxID").asString();
  }

  @Test
  void whatThereIsNotIsSaid() throws Exception {
    HttpResponse<byte[]> answer =
        envd.post("/process.Process/Fly", new byte[0], "user-agent", "e2b-js-sdk/99.0.0");

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(text(answer))
        .isEqualTo(
            "{\"message\":\"there is no POST /process.Process/Fly here, which e2b-js-sdk/99.0.0 asked for; use another version of it\",\"path\":\"/process.Process/Fly\",\"code\":404}");
    for (String path :
        new String[] {"/init", "/freeze", "/unfreeze", "/collapse", "/fsfreeze", "/fsthaw"}) {
      assertThat(envd.post(path, new byte[0]).statusCode()).as(path).isEqualTo(404);
    }
  }

  @Test
  void facts() throws Exception {
    HttpResponse<byte[]> health = envd.get("/health");
    assertThat(health.statusCode()).isEqualTo(204);
    assertThat(health.headers().firstValue("cache-control")).hasValue("no-store");
    assertThat(Json.MAPPER.readTree(envd.get("/metrics").body()).propertyNames())
        .containsExactly(
            "ts",
            "cpu_count",
            "cpu_used_pct",
            "mem_total",
            "mem_used",
            "mem_cache",
            "mem_total_mib",
            "mem_used_mib",
            "disk_used",
            "disk_total");
    assertThat(Json.MAPPER.readTree(envd.get("/envs").body()).path("E2B_SANDBOX").asString())
        .isEqualTo("true");
  }

  @Test
  void aSecureSandboxAsksForItsToken() throws Exception {
    tools.jackson.databind.JsonNode secure = shop.create(Json.object().put("secure", true));
    String token = secure.get("envdAccessToken").asString();
    EnvdClient closed =
        new EnvdClient(shop.shop.server().uri(), secure.get("sandboxID").asString());
    byte[] root = "{\"path\":\"/\"}".getBytes(StandardCharsets.UTF_8);
    for (String[] headers :
        new String[][] {
          {"content-type", "application/json"},
          {"content-type", "application/json", "x-access-token", token + "0"}
        }) {
      HttpResponse<byte[]> answer = closed.post(STAT, root, headers);
      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(text(answer))
          .isEqualTo(
              "{\"code\":401,\"message\":\"unauthorized access, please provide a valid access token or method signing if supported\"}");
    }
    assertThat(
            closed
                .post(STAT, root, "content-type", "application/json", "x-access-token", token)
                .statusCode())
        .isEqualTo(200);
    assertThat(closed.get("/health").statusCode()).isEqualTo(204);
    assertThat(closed.get("/envs").statusCode()).isEqualTo(401);
  }
}
