package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The SDKs of E2B as they are published: npm {@code e2b} in several versions, PyPI {@code e2b}.
 * {@code DUNES_TEST_NODE_MODULES} and {@code DUNES_TEST_PYTHON} say where they are; {@code .ci/run}
 * installs them.
 */
class EnvdSdkTest {
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

  private static String script(String name) {
    return Path.of(System.getProperty("dunes.root"), "server/src/test/resources/clients", name)
        .toString();
  }

  private void node(String version, String scenario, String... arguments) throws Exception {
    Path modules = NodeClient.modules();
    assumeTrue(Files.isDirectory(modules.resolve(version)), version + " is not installed");
    if (version.equals("e2b")) {
      requireItsControlPlane();
    }
    List<String> command = new ArrayList<>(List.of("node", script("e2b-envd.mjs")));
    command.addAll(
        List.of(
            modules.toString(),
            version,
            shop.shop.server().uri().toString(),
            SandboxShop.KEY,
            scenario));
    command.addAll(List.of(arguments));
    run(command);
  }

  /** The newest SDKs make their sandboxes at another path than all before them. */
  private void requireItsControlPlane() {
    assumeTrue(
        shop.shop.server().routes().contains("POST /v2/sandboxes"),
        "this server has no control plane for the newest SDKs");
  }

  private void runPython(String scenario) throws Exception {
    String python = System.getenv("DUNES_TEST_PYTHON");
    assumeTrue(python != null, "DUNES_TEST_PYTHON is not set: no Python with the SDK");
    requireItsControlPlane();
    run(
        List.of(
            python,
            script("e2b_envd.py"),
            shop.shop.server().uri().toString(),
            SandboxShop.KEY,
            scenario));
  }

  private void run(List<String> command) throws Exception {
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).directory(directory.toFile()).start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(output).as(String.join(" ", command)).isEqualTo("ok");
    assertThat(process.exitValue()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"e2b", "e2b-2.50.0"})
  void everything(String version) throws Exception {
    for (String scenario : List.of("commands", "pty", "git", "killed")) {
      node(version, scenario);
    }
    node(version, "files", "metadata");
    node(version, "files", "metadata", "open");
  }

  @ParameterizedTest
  @ValueSource(strings = {"e2b-2.10.4", "e2b-2.20.1", "e2b-2.30.5", "e2b-2.39.0", "e2b-2.46.1"})
  void earlierOnes(String version) throws Exception {
    node(version, "commands");
    node(version, "files");
    node(version, "pty");
  }

  @ParameterizedTest
  @ValueSource(strings = {"commands", "files", "pty", "binary"})
  void theOneOfPython(String scenario) throws Exception {
    runPython(scenario);
  }

  /** Each has exactly one end. */
  @Test
  void aThousandFailingCommands() throws Exception {
    node("e2b-2.50.0", "failures", "1000");
  }

  @Test
  void aHundredPauses() throws Exception {
    node("e2b-2.50.0", "pauses", "100");
  }
}
