package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import dev.dunes.session.RunsConfig;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code ds keys}, {@code ds env} and {@code ds port}, with a real server where one is asked. */
@Timeout(120)
class SandboxServerVerbsTest {
  @TempDir private Path directory;

  private Ds.Result run(String... words) {
    return Ds.with(new FakeProvider("fake")).directory(directory).run(words);
  }

  private DunesServer server() {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("DUNES_STATE", directory.resolve("state").toString());
    environment.put("DUNES_E2B_TLS_PORT", "0");
    RunsConfig runs = RunsConfig.builder().directory(directory).environment(environment).build();
    return DunesServer.start(
        ServerConfig.builder(runs).host("127.0.0.1").port(0).token("t".repeat(40)).build());
  }

  private static int status(DunesServer server, String key) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(server.uri().resolve("/v2/sandboxes"))
                  .header("X-API-KEY", key)
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  @Test
  void aKeyIsGoodFromItsMakingToItsEnd() throws Exception {
    try (DunesServer server = server()) {
      Ds.Result made = run("keys", "create", "laptop", "--limit", "concurrent=3", "--json");
      assertThat(made.code()).as(made.err()).isZero();
      JsonNode key = JsonMapper.shared().readTree(made.out());
      assertThat(key.get("key").asString()).matches("e2b_[0-9a-f]{40}");
      assertThat(key.get("limits").get("concurrent").asString()).isEqualTo("3");
      assertThat(status(server, key.get("key").asString())).isEqualTo(200);
      assertThat(run("keys", "list").out()).contains("laptop", key.get("id").asString());
      assertThat(run("keys", "list").out()).doesNotContain(key.get("key").asString());
      assertThat(run("keys", "revoke", key.get("id").asString()).code()).isZero();
      assertThat(status(server, key.get("key").asString())).isEqualTo(401);
      assertThat(run("keys", "list").out()).contains("revoked");
      assertThat(run("keys", "revoke", key.get("id").asString()).code()).isNotZero();
      assertThat(run("keys", "create", "x", "--limit", "nonesuch=1").code()).isNotZero();
      assertThat(run("keys", "create", "x").out().strip()).matches("e2b_[0-9a-f]{40}");
      server.close(Duration.ZERO);
    }
  }

  @Test
  void secretsAreKeptForTheServerAndNeverShown() throws Exception {
    String value = "sk-of-the-test-0123456789";
    try (DunesServer server = server()) {
      Ds set = Ds.with(new FakeProvider("fake")).directory(directory).stdin(value + "\n");
      Ds.Result made = set.run("secrets", "set", "Model-Key", "--json");
      assertThat(made.code()).as(made.err()).isZero();
      assertThat(JsonMapper.shared().readTree(made.out()).get("name").asString())
          .isEqualTo("model-key");
      HttpRequest request =
          HttpRequest.newBuilder(server.uri().resolve("/secrets/model-key"))
              .header("X-API-KEY", "t".repeat(40))
              .build();
      try (HttpClient client = HttpClient.newHttpClient()) {
        String shown = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        assertThat(shown).contains("\"currentVersion\":1").doesNotContain(value);
      }
      Ds.Result again =
          Ds.with(new FakeProvider("fake"))
              .directory(directory)
              .stdin("other")
              .run("secrets", "set", "model-key");
      assertThat(again.out()).contains("version 2", "model-key").doesNotContain("other");
      assertThat(run("secrets", "list").out()).contains("model-key").doesNotContain(value);
      String url = server.uri().toString();
      assertThat(run("env", "e2b", "-e", url).err()).contains("asks for a key", "ds keys create");
      assertThat(run("env", "e2b", "-e", url, "--key", "k").err()).isEmpty();
      JsonNode key = JsonMapper.shared().readTree(run("keys", "create", "other", "--json").out());
      String other = key.get("id").asString();
      assertThat(run("secrets", "list", "--json", "--account", other).out().strip())
          .isEqualTo("[]");
      assertThat(run("secrets", "set", "model-key").err()).contains("value: 1 to 2048");
      assertThat(run("secrets", "delete", "model-key").code()).isZero();
      assertThat(run("secrets", "delete", "model-key").err()).contains("not found");
      assertThat(
              Ds.with(new FakeProvider("fake"))
                  .directory(directory)
                  .terminals(true, true, true)
                  .run("secrets", "set", "x")
                  .err())
          .contains("standard input");
      server.close(Duration.ZERO);
    }
  }

  @Test
  void variablesByAddressAndByName() {
    Ds.Result text = run("env", "e2b", "-e", "http://127.0.0.1:9/", "--key", "e2b_it's");
    assertThat(text.out())
        .isEqualTo(
            "export E2B_API_URL='http://127.0.0.1:9'\nexport E2B_SANDBOX_URL='http://127.0.0.1:9'\nexport E2B_VOLUME_API_URL='http://127.0.0.1:9'\nexport E2B_API_KEY='e2b_it'\\''s'\n");
    assertThat(JsonMapper.shared().readTree(run("env", "e2b", "--json").out()).propertyNames())
        .containsExactly("E2B_API_URL", "E2B_SANDBOX_URL", "E2B_VOLUME_API_URL", "E2B_API_KEY");
    Ds.Result early = run("env", "e2b", "--domain", "e2b.localhost:1");
    assertThat(early.code()).isNotZero();
    assertThat(early.err()).contains("DUNES_E2B_TLS_PORT");
    try (DunesServer server = server()) {
      String domain = server.domain().orElseThrow().name();
      assertThat(run("env", "e2b", "--domain", domain).out())
          .contains("export E2B_DOMAIN='" + domain + "'")
          .contains("export NODE_EXTRA_CA_CERTS='" + server.domain().orElseThrow().authority());
      server.close(Duration.ZERO);
    }
    assertThat(run("env", "e2b", "--domain", "a b").code()).isNotZero();
    assertThat(run("env").code()).isNotZero();
    assertThat(run("env", "e2b", "-e", "nowhere").code()).isNotZero();
  }

  @Test
  void aPortThatCannotBeIsSaid() {
    try (DunesServer server = server()) {
      Ds.Result result =
          run(
              "port",
              "inone",
              "3000",
              "--url",
              "-e",
              server.uri().toString(),
              "-t",
              "t".repeat(40));
      assertThat(result.code()).isNotZero();
      assertThat(result.err()).contains("never existed");
      server.close(Duration.ZERO);
    }
  }
}
