package dev.dunes.provider.vercel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VercelSettingsTest {
  private static final VercelSandboxProviderFactory FACTORY = new VercelSandboxProviderFactory();

  private static ProviderSettings env(String... pairs) {
    Map<String, String> variables = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      variables.put(pairs[i], pairs[i + 1]);
    }
    return new ProviderSettings(Map.of(), variables);
  }

  private static String jwt(String payload) {
    String middle =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(payload.getBytes(StandardCharsets.UTF_8));
    return "e30." + middle + ".c2ln";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"VERCEL_TOKEN", "VERCEL_API_TOKEN", "VERCEL_ACCESS_TOKEN", "VERCEL_OIDC_TOKEN"})
  void anyOfTheirVariablesHasTheToken(String name) {
    ProviderSettings settings =
        env(name, "tok", "VERCEL_TEAM_ID", "team", "VERCEL_PROJECT_ID", "prj");

    assertThat(FACTORY.availability(settings).usable()).isTrue();
    VercelSettings read = VercelSettings.of(settings);
    assertThat(read.token()).isEqualTo("tok");
    assertThat(read.team()).isEqualTo("team");
    assertThat(read.project()).isEqualTo("prj");
    assertThat(read.api()).hasToString("https://vercel.com/api");
    assertThat(read.toString()).doesNotContain("tok");
  }

  @Test
  void whatIsMissingIsNamed() {
    ProviderSettings settings = env("VERCEL_TOKEN", "tok", "VERCEL_TEAM_ID", "team");

    assertThat(FACTORY.availability(settings).usable()).isFalse();
    assertThat(FACTORY.availability(settings).reason()).isEqualTo("VERCEL_PROJECT_ID not set");
    assertThatThrownBy(() -> FACTORY.open(settings))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("vercel_project_id");
  }

  @Test
  void whoseATokenIsStandsInItself() {
    String token = jwt("{\"owner_id\":\"team_of_token\",\"project_id\":\"prj_of_token\"}");
    VercelSettings alone = VercelSettings.of(env("VERCEL_OIDC_TOKEN", token));
    VercelSettings beside =
        VercelSettings.of(
            env("VERCEL_TOKEN", token, "VERCEL_TEAM_ID", "other", "VERCEL_PROJECT_ID", "other"));

    assertThat(alone.team()).isEqualTo("team_of_token");
    assertThat(alone.project()).isEqualTo("prj_of_token");
    assertThat(beside.team()).isEqualTo("team_of_token");
    assertThat(beside.project()).isEqualTo("prj_of_token");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.b.c", "..", "a.!.c", "a.e30.c"})
  void aTokenThatSaysNothingNeedsTheOthers(String token) {
    assertThat(FACTORY.availability(env("VERCEL_TOKEN", token)).usable()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://x", "nothing", "http://", "%%"})
  void anAddressThatIsNoneIsRefused(String url) {
    ProviderSettings settings =
        env(
            "VERCEL_TOKEN",
            "t",
            "VERCEL_TEAM_ID",
            "a",
            "VERCEL_PROJECT_ID",
            "b",
            "DUNES_VERCEL_URL",
            url);
    assertThatThrownBy(() -> FACTORY.open(settings))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("vercel_url");
  }
}
