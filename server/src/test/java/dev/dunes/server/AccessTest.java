package dev.dunes.server;

import static dev.dunes.server.Shop.RESULT;
import static dev.dunes.server.Shop.echo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may use the server. */
class AccessTest {
  private static final String KEY = "k".repeat(32);
  private static final String OTHER = "o".repeat(32);
  private static final String GUARD =
      "{\"detail\":\"Cross-origin request refused: set SANDSTORM_API_KEY or CORS_ORIGINS\"}";

  @TempDir Path directory;
  private Shop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Shop(directory);
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private int status(String authorization) throws Exception {
    return shop.get("/runs", "authorization", authorization).statusCode();
  }

  @Test
  void withoutAKeyTheServerIsOpen() throws Exception {
    assertThat(shop.get("/runs").statusCode()).isEqualTo(200);
  }

  @Test
  void aKeyIsAskedForBeforeTheBodyIsRead() throws Exception {
    shop.set("SANDSTORM_API_KEY", KEY);
    HttpResponse<String> none = shop.post("/query", "no json at all");
    assertThat(none.statusCode()).isEqualTo(401);
    assertThat(none.body()).isEqualTo("{\"detail\":\"Not authenticated\"}");
    assertThat(none.headers().firstValue("www-authenticate")).contains("Bearer");
    try (RawClient client = new RawClient(shop.port())) {
      client.send(
          "POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
      assertThat(client.readTo("\r\n\r\n"))
          .startsWith("HTTP/1.1 401")
          .containsIgnoringCase("connection: close");
    }
    HttpResponse<String> wrong = shop.get("/runs", "authorization", "Bearer " + OTHER);
    assertThat(wrong.statusCode()).isEqualTo(401);
    assertThat(wrong.body()).isEqualTo("{\"detail\":\"Invalid authentication credentials\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Bearer K|200",
        "bearer K|200",
        "BEARER   K|200",
        "Basic K|401",
        "Bearer|401",
        "K|401",
        "Bearer Kx|401"
      })
  void schemes(String header, int status) throws Exception {
    shop.set("DUNES_API_KEY", KEY);
    assertThat(status(header.replace("K", KEY))).isEqualTo(status);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/docs", "/openapi.json", "/health"})
  void someThingsArePublic(String path) throws Exception {
    shop.set("SANDSTORM_API_KEY", KEY);
    assertThat(shop.get(path).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/runs", "/runs/x", "/runs/x/files/y", "/memories", "/metrics"})
  void othersAreNot(String path) throws Exception {
    shop.set("SANDSTORM_API_KEY", KEY);
    assertThat(shop.get(path).statusCode()).isEqualTo(401);
  }

  @Test
  void keysAreChangedWithoutARestart() throws Exception {
    shop.write(".env", "SANDSTORM_API_KEY=" + KEY + "\n");
    assertThat(status("Bearer " + KEY)).isEqualTo(200);

    shop.write(".env", "SANDSTORM_API_KEY=" + OTHER + "\nSANDSTORM_API_KEY_PREVIOUS=" + KEY + "\n");
    assertThat(status("Bearer " + OTHER)).isEqualTo(200);
    assertThat(status("Bearer " + KEY)).isEqualTo(200);

    shop.write(".env", "SANDSTORM_API_KEY=" + OTHER + "\nSANDSTORM_API_KEY_PREVIOUS=short\n");
    assertThat(status("Bearer " + KEY)).isEqualTo(401);
    assertThat(status("Bearer short")).isEqualTo(401);

    // a key that vanishes or is too short never opens the server
    shop.write(".env", "\n");
    assertThat(status("Bearer " + OTHER)).isEqualTo(200);
    assertThat(shop.get("/runs").statusCode()).isEqualTo(401);
    shop.write(".env", "SANDSTORM_API_KEY=x\n");
    assertThat(status("Bearer x")).isEqualTo(401);
    assertThat(status("Bearer " + OTHER)).isEqualTo(200);
  }

  @Test
  void aShortKeyStopsTheStart() {
    shop.set("SANDSTORM_API_KEY", "short");
    assertThatThrownBy(shop::server)
        .isInstanceOf(ServerStartException.class)
        .hasMessageContaining("at least 32 characters");
  }

  @Test
  void anOpenServerCanBeForbidden() {
    shop.set("DUNES_REQUIRE_AUTH", "1");
    assertThatThrownBy(shop::server)
        .isInstanceOf(ServerStartException.class)
        .hasMessageContaining("DUNES_REQUIRE_AUTH");
    shop.set("SANDSTORM_API_KEY", KEY);
    shop.server();
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost:3000,200", "http://127.0.0.1:3000,200", "https://evil.example,403",
        "null,403",
    "http://192.168.0.1,403", "http://localhost.evil.example,403", "http://[::1]:80,403",
        "garbage,403"
  })
  void anOpenServerServesPagesOfThisMachineOnly(String origin, int status) throws Exception {
    HttpResponse<String> answer = shop.get("/runs", "origin", origin);
    assertThat(answer.statusCode()).isEqualTo(status);
    if (status == 403) {
      assertThat(answer.body()).isEqualTo(GUARD);
      assertThat(shop.post("/query", "{}", "origin", origin).statusCode()).isEqualTo(403);
      assertThat(
              shop.send(
                      "OPTIONS",
                      "/query",
                      "",
                      "origin",
                      origin,
                      "access-control-request-method",
                      "POST")
                  .statusCode())
          .isEqualTo(403);
    }
  }

  @Test
  void withAKeyAnyPageMayAsk() throws Exception {
    shop.set("SANDSTORM_API_KEY", KEY);
    HttpResponse<String> answer =
        shop.get("/runs", "origin", "https://page.example", "authorization", "Bearer " + KEY);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("access-control-allow-origin")).contains("*");
    assertThat(answer.headers().firstValue("access-control-expose-headers"))
        .contains("X-Run-Id, X-Run-Timeout");
    assertThat(answer.headers().firstValue("access-control-allow-credentials")).isEmpty();

    HttpResponse<String> preflight =
        shop.send(
            "OPTIONS",
            "/query",
            "",
            "origin",
            "https://page.example",
            "access-control-request-method",
            "POST",
            "access-control-request-headers",
            "authorization, x-y");
    assertThat(preflight.statusCode()).isEqualTo(200);
    assertThat(preflight.headers().firstValue("access-control-allow-methods"))
        .contains("GET, POST, DELETE");
    assertThat(preflight.headers().firstValue("access-control-allow-headers"))
        .contains("authorization, x-y");
    assertThat(preflight.headers().firstValue("access-control-max-age")).contains("600");
  }

  @Test
  void pagesCanBeNamed() throws Exception {
    shop.set("CORS_ORIGINS", "https://a.example, https://b.example");
    HttpResponse<String> a = shop.get("/runs", "origin", "https://a.example");
    assertThat(a.headers().firstValue("access-control-allow-origin")).contains("https://a.example");
    assertThat(a.headers().firstValue("vary")).contains("Origin");
    assertThat(
            shop.get("/runs", "origin", "https://c.example")
                .headers()
                .firstValue("access-control-allow-origin"))
        .isEmpty();
    assertThat(
            shop.send(
                    "OPTIONS",
                    "/query",
                    "",
                    "origin",
                    "https://c.example",
                    "access-control-request-method",
                    "POST")
                .statusCode())
        .isEqualTo(400);
  }

  @Test
  void unknownPathsAndMethods() throws Exception {
    shop.set("SANDSTORM_API_KEY", KEY);
    assertThat(shop.get("/nowhere").body()).isEqualTo("{\"detail\":\"Not Found\"}");
    assertThat(shop.get("/nowhere").statusCode()).isEqualTo(404);
    assertThat(shop.get("/query").body()).isEqualTo("{\"detail\":\"Method Not Allowed\"}");
    assertThat(shop.get("/query").statusCode()).isEqualTo(405);
    assertThat(shop.get("/query").headers().firstValue("allow")).contains("POST");
    assertThat(shop.get("/runs/%2e%2e/x").statusCode()).isEqualTo(404);
    try (RawClient client = new RawClient(shop.port())) {
      client.send("GET /runs/%zz HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readTo("\r\n")).containsAnyOf("400", "404");
    }
  }

  @Test
  void webhooksHaveSecretsOfTheirOwn() throws Exception {
    shop.set("SANDSTORM_API_KEY", KEY);
    shop.write(
        "sandstorm.json",
        "{\"triggers\":[{\"name\":\"t\",\"type\":\"webhook\",\"path\":\"/hooks/t\",\"secret\":\"s3cret\",\"prompt\":\"echo {{body.x}}; "
            + echo(RESULT).replace("\"", "\\\"").replace("\n", "\\n")
            + "\"}]}");
    assertThat(shop.post("/hooks/t", "{}").body())
        .isEqualTo("{\"error\":\"invalid trigger secret\"}");
    assertThat(shop.post("/hooks/t", "{}").statusCode()).isEqualTo(401);
    assertThat(shop.get("/hooks/t").statusCode()).isEqualTo(405);
    assertThat(shop.post("/hooks/u", "{}").statusCode()).isEqualTo(404);
    HttpResponse<String> bad = shop.post("/hooks/t", "{", "x-sandstorm-trigger-secret", "s3cret");
    assertThat(bad.statusCode()).isEqualTo(400);
    assertThat(bad.body()).isEqualTo("{\"error\":\"invalid JSON body\"}");

    HttpResponse<String> good = shop.post("/hooks/t", "{}", "x-sandstorm-trigger-secret", "s3cret");
    assertThat(good.statusCode()).isEqualTo(202);
    String id = Shop.json(good.body()).get("run_id").asString();
    assertThat(good.body())
        .isEqualTo("{\"status\":\"accepted\",\"trigger\":\"t\",\"run_id\":\"" + id + "\"}");
    assertThat(id).matches("trigger-t-[0-9a-f]{6}");
    shop.server()
        .runs()
        .find(id)
        .ifPresent(run -> assertThat(run.awaitCleanup(Shop.SOON)).isTrue());
    assertThat(shop.server().runs().record(id).orElseThrow().outcome()).isEqualTo("success");
  }
}
