package dev.dunes.provider.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where Docker's own command line would look. */
class DaemonAddressesTest {
  /** SHA-256 of {@code far}, by which Docker names the context's directories. */
  private static final String FAR =
      "512eea46ceb3921dff4363c7069d89d4964d1d9fccaa0f411851a7aa60a5c868";

  @TempDir Path home;

  private DaemonAddress find(Map<String, String> configured, String... environment) {
    Map<String, String> variables = new HashMap<>(Map.of("HOME", home.toString()));
    for (int i = 0; i < environment.length; i += 2) {
      variables.put(environment[i], environment[i + 1]);
    }
    return new DaemonAddresses(new ProviderSettings(configured, variables)).find();
  }

  @ParameterizedTest
  @CsvSource({
    "unix:///x/y.sock, unix:///x/y.sock",
    "tcp://box:1234, tcp://box:1234",
    "tcp://box, tcp://box:2375",
    "tcp://10.0.0.1:2375, tcp://10.0.0.1:2375"
  })
  void theVariableNamesIt(String text, String found) {
    assertThat(find(Map.of(), "DOCKER_HOST", text)).hasToString(found);
  }

  @Test
  void theSettingComesBeforeTheVariable() {
    assertThat(find(Map.of("docker_host", "tcp://one:1"), "DOCKER_HOST", "tcp://two:2"))
        .hasToString("tcp://one:1");
  }

  @Test
  void certificatesAreThoseOfTheVariableOrOfDockersDirectory() {
    assertThat(find(Map.of(), "DOCKER_HOST", "tcp://box", "DOCKER_TLS_VERIFY", "1"))
        .hasToString("tcp+tls://box:2376")
        .extracting(found -> ((DaemonAddress.Tcp) found).tls().orElseThrow())
        .isEqualTo(home.resolve(".docker"));
    assertThat(
            find(
                Map.of(),
                "DOCKER_HOST",
                "tcp://box",
                "DOCKER_TLS_VERIFY",
                "1",
                "DOCKER_CERT_PATH",
                "/certs"))
        .isEqualTo(new DaemonAddress.Tcp("box", 2376, java.util.Optional.of(Path.of("/certs"))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ssh://me@box", "npipe:////./pipe/docker", "unix://", "tcp://", "box", "::"})
  void addressesThatCannotBeUsedAreRefusedWithARemedy(String text) {
    assertThatThrownBy(() -> find(Map.of(), "DOCKER_HOST", text))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(text)
        .extracting(e -> ((SandboxException) e).remedy())
        .matches(java.util.Optional::isPresent);
  }

  @Test
  void contextsAreFollowed() throws IOException {
    Path docker = Files.createDirectories(home.resolve(".docker"));
    Path meta = Files.createDirectories(docker.resolve("contexts/meta").resolve(FAR));
    Files.writeString(
        meta.resolve("meta.json"),
        "{\"Name\":\"far\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://far:2376\"}}}");
    Path tls = docker.resolve("contexts/tls").resolve(FAR).resolve("docker");
    assertThat(find(Map.of(), "DOCKER_CONTEXT", "far")).hasToString("tcp://far:2376");

    Files.createDirectories(tls);
    Files.writeString(docker.resolve("config.json"), "{\"currentContext\":\"far\"}");
    assertThat(find(Map.of()))
        .isEqualTo(new DaemonAddress.Tcp("far", 2376, java.util.Optional.of(tls)));
    assertThat(find(Map.of(), "DOCKER_HOST", "tcp://near:1")).hasToString("tcp://near:1");
    assertThat(find(Map.of(), "DOCKER_CONTEXT", "default")).isInstanceOf(DaemonAddress.Unix.class);
  }

  @Test
  void aContextThatIsNotThereAndAFileThatIsBrokenAreErrors() throws IOException {
    assertThatThrownBy(() -> find(Map.of(), "DOCKER_CONTEXT", "none"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("'none'");
    Files.writeString(
        Files.createDirectories(home.resolve(".docker")).resolve("config.json"), "{\"cur");
    assertThatThrownBy(() -> find(Map.of()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("config.json");
  }

  @Test
  void aSocketOfARootlessDaemonIsFoundWhereThereIsNoOther() throws IOException {
    Path socket = Files.createFile(home.resolve("docker.sock"));
    DaemonAddress found = find(Map.of(), "XDG_RUNTIME_DIR", home.toString());
    Path usual = Path.of("/var/run/docker.sock");
    assertThat(found).isEqualTo(new DaemonAddress.Unix(Files.exists(usual) ? usual : socket));
  }
}
