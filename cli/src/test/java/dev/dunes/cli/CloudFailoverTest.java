package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.provider.local.LocalSandboxProviderFactory;
import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clouds that are found by their variables and answer nobody. */
@Timeout(60)
class CloudFailoverTest {
  @TempDir Path state;
  private final Map<String, String> variables = new HashMap<>();
  private String dead;

  @BeforeEach
  void variables() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      dead = "http://127.0.0.1:" + socket.getLocalPort();
    }
    variables.put("PATH", System.getenv("PATH"));
    variables.put("DUNES_STATE", state.toString());
    variables.put("DAYTONA_API_KEY", "dtn_of_the_test_0123456789");
    variables.put("DAYTONA_API_URL", dead + "/api");
    variables.put("CLOUDFLARE_SANDBOX_BASE_URL", dead);
    variables.put("CLOUDFLARE_API_TOKEN", "cf_of_the_test_0123456789");
  }

  private Sandboxes sandboxes() {
    return Sandboxes.builder().settings(new ProviderSettings(Map.of(), variables)).build();
  }

  @Test
  void theFirstWhoseVariablesAreSetIsTheDefault() {
    try (Sandboxes both = sandboxes()) {
      assertThat(both.choice().name()).isEqualTo("daytona");
      assertThat(both.usableProviders()).containsSubsequence("daytona", "cloudflare");
    }
    variables.remove("DAYTONA_API_KEY");
    try (Sandboxes one = sandboxes()) {
      assertThat(one.choice().name()).isEqualTo("cloudflare");
    }
    variables.remove("CLOUDFLARE_API_TOKEN");
    variables.put("CLOUDFLARE_API_KEY", "cf_of_the_test_0123456789");
    try (Sandboxes one = sandboxes()) {
      assertThat(one.choice().name()).isEqualTo("cloudflare");
    }
    variables.remove("CLOUDFLARE_SANDBOX_BASE_URL");
    try (Sandboxes none = sandboxes()) {
      assertThat(none.choice().name()).isNotEqualTo("cloudflare");
    }
  }

  @Test
  void oneThatIsDeadIsPassedOver() {
    assumeTrue(
        new LocalSandboxProviderFactory()
            .availability(new ProviderSettings(Map.of(), variables))
            .usable(),
        "provider 'local' cannot be used here: see ds doctor");
    try (Sandboxes sandboxes = sandboxes();
        Sandbox made =
            sandboxes.create(
                SandboxSpec.DEFAULT, Placement.DEFAULT.orElse("cloudflare", "local"))) {
      assertThat(made.provider()).isEqualTo("local");
      assertThat(made.exec("echo taken over").stdout()).isEqualTo("taken over\n");
    }
  }

  @Test
  void whenAllAreDeadEachIsToldAndNothingElseIsTried() {
    try (Sandboxes sandboxes = sandboxes()) {
      assertThatThrownBy(
              () -> sandboxes.create(SandboxSpec.DEFAULT, Placement.DEFAULT.orElse("cloudflare")))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("Failed to create sandbox with any provider")
          .satisfies(thrown ->
              assertThat(thrown.getSuppressed())
                  .extracting(Throwable::getMessage)
                  .anyMatch(text -> text.contains("daytona cannot be reached"))
                  .anyMatch(text -> text.contains("cloudflare cannot be reached")));
      assertThat(sandboxes.healthCheck())
          .containsEntry("daytona", false)
          .containsEntry("cloudflare", false);
    }
  }
}
