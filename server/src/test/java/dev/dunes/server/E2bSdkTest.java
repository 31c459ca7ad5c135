package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The npm package {@code e2b} as it is published, in several versions, and that of PyPI. */
@Timeout(300)
class E2bSdkTest {
  @TempDir Path directory;
  private SandboxShop shop;

  @BeforeEach
  void open() throws Exception {
    NodeClient.modules();
    shop = new SandboxShop(directory);
    shop.shop.set("DUNES_E2B_TLS_PORT", "0");
  }

  @AfterEach
  void close() {
    if (shop != null) {
      shop.close();
    }
  }

  private List<String> run(String sdk, boolean byName) throws Exception {
    Path modules = NodeClient.modules();
    assumeTrue(Files.isDirectory(modules.resolve(sdk)), sdk + " is not installed");
    return output(
        new ProcessBuilder("node", client("e2b-control.mjs"), modules.toString(), sdk), byName);
  }

  private static String client(String file) {
    return Path.of(System.getProperty("dunes.root"), "server/src/test/resources/clients", file)
        .toString();
  }

  private List<String> output(ProcessBuilder builder, boolean byName) throws Exception {
    JsonNode key = shop.post(201, "/api-keys", Json.object().put("name", "sdk"));
    builder.redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("E2B_"));
    builder.environment().put("NODE_NO_WARNINGS", "1");
    builder.environment().put("E2B_API_KEY", key.get("key").asString());
    if (byName) {
      DunesServer.Domain domain = shop.shop.server().domain().orElseThrow();
      builder.environment().put("E2B_DOMAIN", domain.name());
      builder.environment().put("NODE_EXTRA_CA_CERTS", domain.authority().toString());
    } else {
      String url = shop.shop.server().uri().toString();
      builder.environment().put("E2B_API_URL", url);
      builder.environment().put("E2B_SANDBOX_URL", url);
    }
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output.lines().toList();
  }

  private static List<String> expected(String sdk, boolean old, boolean snapshots) {
    List<String> lines =
        new ArrayList<>(
            List.of(
                "ids [true,true]",
                "listed [1,true,{\"who\":\"me & you = 100%% fine\",\"run\":\"%s/é\"}]"
                    .formatted(sdk),
                "all true",
                "info [\"base\",\"me & you = 100% fine\",true]"));
    if (!old) {
      lines.add("timeout true");
    }
    lines.add("unknown template [\"SandboxError\",\"400: unknown template: nonesuch\"]");
    lines.add("too long [\"SandboxError\",\"400: Timeout cannot be greater than 1 hours\"]");
    if (!old) {
      lines.addAll(
          List.of(
              "pause true",
              "pause again false",
              "paused \"paused\"",
              "connected [true,\"running\"]"));
    }
    if (snapshots) {
      lines.addAll(
          List.of(
              "snapshot true",
              "from snapshot true",
              "killed copy true",
              "deleted true",
              "deleted again false"));
    }
    lines.addAll(List.of("kill [false,true]", "kill again false", "none 0"));
    return lines;
  }

  private void controlPlane(String sdk, boolean byName) throws Exception {
    List<String> lines = new ArrayList<>(run(sdk, byName));
    boolean metrics = lines.removeIf(line -> line.equals("metrics [1,2,true]"));
    boolean snapshots = lines.contains("snapshot true");
    boolean old = sdk.startsWith("e2b-1.");
    assertThat(lines).containsExactlyElementsOf(expected(sdk, old, snapshots));
    if (sdk.equals("e2b")) {
      assertThat(metrics && snapshots).isTrue();
    }
  }

  @Test
  void inPython() throws Exception {
    String python = System.getenv("DUNES_TEST_PYTHON");
    assumeTrue(python != null, "DUNES_TEST_PYTHON is not set: no published client");
    Process probe = new ProcessBuilder(python, "-c", "import e2b").start();
    assumeTrue(probe.waitFor() == 0, "e2b is not installed there");
    assertThat(output(new ProcessBuilder(python, client("e2b_control.py")), false))
        .containsExactly(
            "all True",
            "mine True",
            "info base True running",
            "pause True",
            "paused paused",
            "connected True",
            "running running",
            "SandboxException 400: unknown template: nonesuch",
            "kill True True False",
            "none []");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "e2b-1.13.2",
        "e2b-2.0.3",
        "e2b-2.4.2",
        "e2b-2.10.4",
        "e2b-2.20.1",
        "e2b-2.30.5",
        "e2b-2.39.0",
        "e2b-2.46.1",
        "e2b-2.50.0",
        "e2b"
      })
  void byTheNameOfTheHost(String sdk) throws Exception {
    controlPlane(sdk, true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "e2b-2.10.4",
        "e2b-2.20.1",
        "e2b-2.30.5",
        "e2b-2.39.0",
        "e2b-2.46.1",
        "e2b-2.50.0",
        "e2b"
      })
  void byAnAddress(String sdk) throws Exception {
    controlPlane(sdk, false);
  }
}
