package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Templates with a user of their own, built by the published client. E2B wire 2.4. */
class TemplateUserSdkTest {
  @TempDir Path directory;

  /** There is one user in a sandbox of local, who does everything; the log of the build says so. */
  @Test
  void theOneUserThereIs() throws Exception {
    try (SandboxShop shop = new SandboxShop(directory)) {
      check(shop, "/home/user/place", "user", "/home/user");
    }
  }

  @Test
  void theUserOfTheTemplateDoesEverythingInAContainer() throws Exception {
    String host = System.getenv("DUNES_TEST_DOCKER_HOST");
    boolean required = "require".equals(System.getenv("DUNES_TEST_DOCKER"));
    assumeTrue(required || host != null, "DUNES_TEST_DOCKER_HOST is not set: no Docker daemon");
    Map<String, String> variables =
        Map.of(
            "DOCKER_HOST",
            String.valueOf(host),
            "DUNES_DOCKER_IMAGE",
            "dunes-test:base",
            "DUNES_STATE",
            Files.createDirectory(directory.resolve("state")).toString(),
            "PATH",
            System.getenv("PATH"));
    try (Sandboxes docker =
            Sandboxes.builder()
                .settings(new ProviderSettings(Map.of(), variables))
                .defaultProvider("docker")
                .build();
        SandboxShop shop = new SandboxShop(directory)) {
      shop.shop.with(docker);
      check(shop, "/srv/place", "app", "/home/app");
    }
  }

  private void check(SandboxShop shop, String place, String name, String home) throws Exception {
    Path modules = NodeClient.modules();
    Path context = Files.createDirectory(directory.resolve("context"));
    Files.writeString(context.resolve("hello.txt"), "hello");
    String key =
        shop.post(201, "/api-keys", Json.object().put("name", "client")).get("key").asString();
    String url = shop.shop.server().uri().toString();
    String script =
        Path.of(
                System.getProperty("dunes.root"),
                "server/src/test/resources/clients/template-user.mjs")
            .toString();
    ProcessBuilder builder =
        new ProcessBuilder(
                List.of("node", script, modules.toString(), context.toString(), place, name, home))
            .redirectErrorStream(true);
    builder
        .environment()
        .putAll(Map.of("E2B_API_URL", url, "E2B_SANDBOX_URL", url, "E2B_API_KEY", key));
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(text).isZero();
    assertThat(text).contains("ok build", "ok sandbox", "ok above", "ok copies");
    for (String template : List.of("sdk-user", "sdk-user-above")) {
      assertThat(shop.as(key, "DELETE", "/templates/" + template, "").statusCode()).isEqualTo(204);
    }
  }
}
