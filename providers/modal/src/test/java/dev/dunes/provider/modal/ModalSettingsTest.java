package dev.dunes.provider.modal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModalSettingsTest {
  private static final Map<String, String> TOKENS =
      Map.of("modal_token_id", "ak-1", "modal_token_secret", "as-1");

  @TempDir Path home;

  @BeforeEach
  void noFile() throws IOException {
    Files.deleteIfExists(home.resolve(".modal.toml"));
  }

  private ProviderSettings settings(Map<String, String> configured, String... environment) {
    Map<String, String> variables = new HashMap<>(Map.of("HOME", home.toString()));
    for (int i = 0; i < environment.length; i += 2) {
      variables.put(environment[i], environment[i + 1]);
    }
    return new ProviderSettings(configured, variables);
  }

  private void file(String text) throws IOException {
    Files.writeString(home.resolve(".modal.toml"), text);
  }

  @Test
  void defaults() {
    ModalSettings settings = ModalSettings.of(settings(TOKENS));
    assertThat(settings.server()).hasToString("https://api.modal.com:443");
    assertThat(settings.app()).isEqualTo("sandboxes-provider");
    assertThat(settings.image()).isEqualTo("python:3.13-slim-bookworm");
    assertThat(settings.environment()).isEmpty();
    assertThat(settings.builderVersion()).isEmpty();
    assertThat(settings.second()).isEmpty();
    assertThat(settings.longest()).isEqualTo(Duration.ofDays(1));
    assertThat(settings.plaintext()).isFalse();
    assertThat(settings.toString()).doesNotContain("ak-1").doesNotContain("as-1");
  }

  @Test
  void variables() {
    ModalSettings settings =
        ModalSettings.of(
            settings(
                Map.of(),
                "MODAL_TOKEN_ID",
                "ak-2",
                "MODAL_TOKEN_SECRET",
                "as-2",
                "MODAL_SERVER_URL",
                "http://localhost:9",
                "MODAL_ENVIRONMENT",
                "dev",
                "MODAL_IMAGE_BUILDER_VERSION",
                "2024.10",
                "MODAL_SANDBOX_V2",
                "False",
                "MODAL_APP",
                "mine",
                "MODAL_IMAGE",
                "alpine",
                "MODAL_MAX_LIFETIME",
                "3600"));
    assertThat(settings.tokenId()).isEqualTo("ak-2");
    assertThat(settings.tokenSecret()).isEqualTo("as-2");
    assertThat(settings.plaintext()).isTrue();
    assertThat(settings.local()).isTrue();
    assertThat(settings.port()).isEqualTo(9);
    assertThat(settings.environment()).contains("dev");
    assertThat(settings.builderVersion()).contains("2024.10");
    assertThat(settings.second()).contains(false);
    assertThat(settings.app()).isEqualTo("mine");
    assertThat(settings.image()).isEqualTo("alpine");
    assertThat(settings.longest()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void theFileIsAskedLast() throws IOException {
    file(
        """
        # written by the command
        [first]
        token_id = "ak-first"
        token_secret = 'as-first'
        [ "second one" ] # the active one
        token_id = "ak-\\"second"
        token_secret = "as-second"
        active = true
        sandbox_v2 = false
        """);
    assertThat(ModalSettings.usable(settings(Map.of()))).isTrue();
    ModalSettings active = ModalSettings.of(settings(Map.of()));
    assertThat(active.tokenId()).isEqualTo("ak-\"second");
    assertThat(active.second()).contains(false);
    assertThat(ModalSettings.of(settings(Map.of(), "MODAL_PROFILE", "first")).tokenSecret())
        .isEqualTo("as-first");
    assertThat(ModalSettings.of(settings(TOKENS)).tokenId()).isEqualTo("ak-1");
    assertThatThrownBy(() -> ModalSettings.of(settings(Map.of(), "MODAL_PROFILE", "third")))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("third");
  }

  @Test
  void aBrokenFileIsSaidWithoutItsContents() throws IOException {
    file("[a]\ntoken_secret = as-1 as-2\n");
    assertThatThrownBy(() -> ModalSettings.of(settings(Map.of())))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("line 2")
        .message()
        .doesNotContain("as-1");
    assertThat(new ModalSandboxProviderFactory().availability(settings(Map.of())).usable())
        .isFalse();
  }

  @Test
  void withoutHalfOfTheCredentialsItIsNotUsable() {
    assertThat(ModalSettings.usable(settings(Map.of()))).isFalse();
    assertThat(ModalSettings.usable(settings(Map.of("modal_token_id", "ak-1")))).isFalse();
    assertThat(ModalSettings.usable(settings(TOKENS))).isTrue();
    assertThatThrownBy(() -> ModalSettings.of(settings(Map.of())))
        .isInstanceOf(InvalidRequestException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "modal_server_url, ftp://x",
    "modal_server_url, 'no address'",
    "modal_app, 'a b'",
    "modal_max_lifetime, never",
    "modal_max_lifetime, 0",
    "modal_token_secret, 'as é'"
  })
  void whatMakesNoSenseIsRefused(String name, String value) {
    Map<String, String> configured = new HashMap<>(TOKENS);
    configured.put(name, value);
    assertThatThrownBy(() -> ModalSettings.of(settings(configured)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(name)
        .message()
        .doesNotContain("é");
  }
}
