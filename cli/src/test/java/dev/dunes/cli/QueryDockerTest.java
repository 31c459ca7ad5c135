package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Providers;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.scripted.ScriptedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code ds "prompt" -p docker} with the real agent in containers, and a model that plays scripts.
 * The daemon and the images are those {@code .ci/docker} makes.
 */
@EnabledIf(value = "usable", disabledReason = "no Docker daemon: see .ci/docker")
class QueryDockerTest {
  /** As long as this JVM: when a test is tried again, the class begins anew in it. */
  private static final ScriptedModel MODEL = ScriptedModel.start();

  private static Path state = Path.of("");
  @TempDir Path directory;

  static boolean usable() {
    if ("require".equals(System.getenv("DUNES_TEST_DOCKER"))) {
      return true;
    }
    try (SandboxProvider provider =
        Providers.find("docker")
            .orElseThrow()
            .open(new ProviderSettings(Map.of(), withDaemon(System.getenv())))) {
      provider.healthCheck();
      return true;
    } catch (ProviderException e) {
      return false;
    }
  }

  private static Map<String, String> withDaemon(Map<String, String> from) {
    Map<String, String> environment = new HashMap<>(from);
    String host = System.getenv("DUNES_TEST_DOCKER_HOST");
    if (host != null) {
      environment.put("DOCKER_HOST", host);
    }
    return environment;
  }

  @BeforeAll
  static void requireAgent() throws IOException {
    RealAgent.require();
    state = Files.createTempDirectory("ds-state");
  }

  @AfterAll
  static void close() throws IOException, InterruptedException {
    new ProcessBuilder("rm", "-rf", state.toString()).start().waitFor();
  }

  private Ds ds(String image) {
    Map<String, String> environment = withDaemon(RealAgent.environment(MODEL, state));
    environment.remove("DUNES_PROVIDER");
    environment.put("DUNES_DOCKER_IMAGE", image);
    return Ds.with().env(environment).directory(directory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dunes-test:user", "dunes-test:base"})
  void anAgentWorksInAnyImageAndItsFilesComeBack(String image) {
    Ds.Result result = ds(image).run("query", "-p", "docker", "Please do [[hello]]", "-o", "made");
    assertThat(result.err()).contains("--- Result: success | turns: 2 | cost: $0.0018 ---");
    assertThat(result.out()).isEqualTo("I will create the file.\nDone. hello.txt contains hi.\n");
    assertThat(result.code()).isZero();
    assertThat(directory.resolve("made/hello.txt")).hasContent("hi");
    assertThat(state.resolve("docker")).as("directories of sandboxes").isEmptyDirectory();
  }

  @Test
  void anImageThatIsNotThereIsAFailureWithARemedy() {
    Ds.Result result =
        ds("dunes-test:none")
            .env(Map.of("DUNES_DOCKER_PULL", "never"))
            .run("query", "-p", "docker", "[[text]]");
    assertThat(result.err())
        .contains(
            "Failed to create Docker sandbox: Docker image dunes-test:none not found",
            "docker pull dunes-test:none");
    assertThat(result.code()).isEqualTo(1);
  }
}
