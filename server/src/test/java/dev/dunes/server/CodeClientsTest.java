package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The published clients of the code interpreter, unmodified, do what they can do. */
class CodeClientsTest {
  private static final Path CLIENTS =
      Path.of(System.getProperty("dunes.root"), "server/src/test/resources/clients");

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

  private List<String> run(String... command) throws Exception {
    String key =
        shop.post(201, "/api-keys", dev.dunes.server.http.Json.object().put("name", "client"))
            .get("key")
            .asString();
    String url = shop.shop.server().uri().toString();
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder
        .environment()
        .putAll(
            Map.of(
                "E2B_API_URL", url,
                "E2B_SANDBOX_URL", url,
                "E2B_API_KEY", key,
                "NODE_NO_WARNINGS", "1",
                "PYTHONIOENCODING", "utf-8"));
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(text).isZero();
    List<String> done = new ArrayList<>();
    text.lines()
        .filter(line -> line.startsWith("ok "))
        .forEach(line -> done.add(line.substring(3)));
    return done;
  }

  @Test
  void javaScript() throws Exception {
    Path modules = NodeClient.modules();
    assertThat(
            run(
                "node",
                CLIENTS.resolve("code-interpreter.mjs").toString(),
                modules.toString(),
                "base"))
        .containsExactly(
            "value and output",
            "callbacks",
            "error",
            "variables",
            "contexts",
            "languages",
            "time limit",
            "chart",
            "killed");
  }

  @Test
  void python() throws Exception {
    String python = System.getenv("DUNES_TEST_PYTHON");
    assumeTrue(python != null, "DUNES_TEST_PYTHON is not set: no published client");
    assertThat(run(python, CLIENTS.resolve("code_interpreter.py").toString(), "base"))
        .containsExactly(
            "value and output",
            "callbacks",
            "forms",
            "variables",
            "contexts",
            "languages",
            "async");
  }
}
