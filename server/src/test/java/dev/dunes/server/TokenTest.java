package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server with a token of its own, with none, and what pages may do with it. */
class TokenTest {
  private static final String TOKEN = "short-token";

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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Bearer %|200",
        "bearer %|200",
        "Token %|200",
        "TOKEN   %|200",
        "Basic %|401",
        "Token|401",
        "%|401",
        "Bearer %x|401"
      })
  void schemes(String header, int status) throws Exception {
    shop.configured(config -> config.token(TOKEN));
    assertThat(shop.get("/runs", "authorization", header.replace("%", TOKEN)).statusCode())
        .isEqualTo(status);
  }

  @Test
  void theKeyOfTheSettingsIsGoodBesideTheToken() throws Exception {
    String key = "k".repeat(32);
    shop.set("SANDSTORM_API_KEY", key);
    shop.configured(config -> config.token(TOKEN));
    for (String good : List.of(key, TOKEN)) {
      assertThat(shop.get("/runs", "authorization", "Bearer " + good).statusCode()).isEqualTo(200);
    }
    assertThat(shop.get("/runs").statusCode()).isEqualTo(401);
  }

  @Test
  void noTokenOpensWhateverElseIsSet() throws Exception {
    shop.set("SANDSTORM_API_KEY", "k".repeat(32));
    shop.configured(config -> config.token(TOKEN).noToken());
    assertThat(shop.get("/runs").statusCode()).isEqualTo(200);
  }

  @Test
  void anOpenServerCanStillBeForbidden() {
    shop.set("DUNES_REQUIRE_AUTH", "1");
    shop.configured(config -> config.noToken());
    assertThatThrownBy(shop::server)
        .isInstanceOf(ServerStartException.class)
        .hasMessageContaining("--token");
  }

  @Test
  void everyFaceRefusesInItsOwnWords() throws Exception {
    shop.configured(config -> config.token(TOKEN));
    assertThat(shop.get("/runs").body()).isEqualTo("{\"detail\":\"Not authenticated\"}");
    HttpResponse<String> nowhere = shop.get("/v1/nowhere", "authorization", "Bearer " + TOKEN);
    assertThat(nowhere.statusCode()).isEqualTo(404);
    assertThat(nowhere.headers().firstValue("content-type")).contains("application/problem+json");
    assertThat(nowhere.body())
        .isEqualTo(
            "{\"type\":\"urn:sandbox-agent:error:invalid_request\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"endpoint not found\"}");
  }

  @Test
  void pagesThatWereAllowedMayAsk() throws Exception {
    shop.configured(config ->
        config
            .token(TOKEN)
            .cors(
                List.of("https://a.example"),
                List.of("GET", "POST"),
                List.of("content-type", "authorization"),
                true));
    HttpResponse<String> preflight =
        shop.send(
            "OPTIONS",
            "/runs",
            "",
            "origin",
            "https://a.example",
            "access-control-request-method",
            "POST");
    assertThat(preflight.statusCode()).isEqualTo(200);
    Map<String, String> expected =
        Map.of(
            "access-control-allow-origin", "https://a.example",
            "access-control-allow-credentials", "true",
            "access-control-allow-methods", "GET,POST",
            "access-control-allow-headers", "content-type,authorization",
            "vary", "origin, access-control-request-method, access-control-request-headers");
    expected.forEach(
        (name, value) -> assertThat(preflight.headers().firstValue(name)).contains(value));

    HttpResponse<String> other =
        shop.get("/runs", "origin", "https://b.example", "authorization", "Bearer " + TOKEN);
    assertThat(other.headers().firstValue("access-control-allow-origin")).isEmpty();
    assertThat(other.headers().firstValue("vary")).contains(expected.get("vary"));
  }

  @Test
  void whatIsLeftOutMeansAny() throws Exception {
    shop.configured(config -> config.token(TOKEN).cors(List.of(), List.of(), List.of(), false));
    HttpResponse<String> preflight =
        shop.send(
            "OPTIONS",
            "/runs",
            "",
            "origin",
            "https://any.example",
            "access-control-request-method",
            "PUT");
    for (String name : List.of("origin", "methods", "headers")) {
      assertThat(preflight.headers().firstValue("access-control-allow-" + name)).contains("*");
    }
  }

  @Test
  void withoutCorsNoPageIsTold() throws Exception {
    shop.configured(config -> config.token(TOKEN).withoutCors());
    HttpResponse<String> answer =
        shop.get("/runs", "origin", "https://a.example", "authorization", "Bearer " + TOKEN);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("access-control-allow-origin")).isEmpty();
    assertThat(
            shop.send(
                    "OPTIONS",
                    "/runs",
                    "",
                    "origin",
                    "https://a.example",
                    "access-control-request-method",
                    "GET")
                .statusCode())
        .isEqualTo(405);
  }

  @Test
  void anOpenServerWithoutCorsRefusesPagesOfOthers() throws Exception {
    shop.configured(config -> config.noToken().withoutCors());
    assertThat(shop.get("/runs", "origin", "https://a.example").statusCode()).isEqualTo(403);
    HttpResponse<String> refused = shop.get("/v1/x", "origin", "https://a.example");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(Shop.json(refused.body()).get("type").asString()).endsWith(":permission_denied");
  }

  @Test
  void credentialsAreForNamedOriginsOnly() {
    assertThatThrownBy(() ->
            shop.configured(config -> config.cors(List.of(), List.of(), List.of(), true)).server())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--cors-allow-origin");
    assertThatThrownBy(() ->
            shop.configured(config -> config.cors(List.of("*"), List.of(), List.of(), true))
                .server())
        .isInstanceOf(IllegalArgumentException.class);
  }
}
