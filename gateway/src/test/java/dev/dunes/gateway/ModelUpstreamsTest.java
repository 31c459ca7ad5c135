package dev.dunes.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of providers of the query API, 2.9, row by row. */
class ModelUpstreamsTest {
  private static final Map<String, String> ALL_KEYS =
      Map.of(
          "ANTHROPIC_BASE_URL", "https://own.example/api/v1/",
          "ANTHROPIC_API_KEY", "k-anthropic",
          "ANTHROPIC_AUTH_TOKEN", "k-token",
          "OPENROUTER_API_KEY", "k-openrouter",
          "CLAUDE_CODE_USE_FOUNDRY", "1",
          "AZURE_FOUNDRY_RESOURCE", "res",
          "AZURE_API_KEY", "k-azure");

  private static Map<String, String> without(String... names) {
    Map<String, String> env = new HashMap<>(ALL_KEYS);
    for (String name : names) {
      env.remove(name);
    }
    return env;
  }

  private static void expect(
      Map<String, String> env, RequestKeys keys, String base, UpstreamAuth auth) {
    ModelUpstream upstream = ModelUpstreams.resolve(env, keys);
    assertThat(upstream.base()).hasToString(base);
    assertThat(upstream.auth()).isEqualTo(auth);
    assertThat(upstream.protocol()).isEqualTo(ModelProtocol.ANTHROPIC);
  }

  private static UpstreamAuth bearer(String key) {
    return new UpstreamAuth.Bearer(Secret.of(key));
  }

  private static UpstreamAuth apiKey(String key) {
    return new UpstreamAuth.ApiKey("x-api-key", Secret.of(key));
  }

  @Test
  void row1RequestKeyOfOpenRouter() {
    RequestKeys keys = RequestKeys.of("k-a", "k-o");
    expect(ALL_KEYS, keys, "https://own.example/api", bearer("k-o"));
    expect(without("ANTHROPIC_BASE_URL"), keys, "https://openrouter.ai/api", bearer("k-o"));
  }

  @Test
  void row2RequestKeyOfAnthropic() {
    RequestKeys keys = RequestKeys.of("k-a", "");
    expect(ALL_KEYS, keys, "https://api.anthropic.com", apiKey("k-a"));
    expect(without("OPENROUTER_API_KEY"), keys, "https://own.example/api", apiKey("k-a"));
    expect(Map.of(), keys, "https://api.anthropic.com", apiKey("k-a"));
  }

  @Test
  void row3Providers() {
    expect(
        ALL_KEYS,
        RequestKeys.NONE,
        "https://res.services.ai.azure.com/anthropic",
        apiKey("k-azure"));
    expect(
        Map.of(
            "CLAUDE_CODE_USE_FOUNDRY", "true",
            "ANTHROPIC_FOUNDRY_RESOURCE", "other",
            "ANTHROPIC_FOUNDRY_API_KEY", "k-other"),
        RequestKeys.NONE,
        "https://other.services.ai.azure.com/anthropic",
        apiKey("k-other"));
    expect(
        Map.of(
            "CLAUDE_CODE_USE_BEDROCK", "1",
            "AWS_REGION", "eu-west-1",
            "AWS_ACCESS_KEY_ID", "AKID",
            "AWS_SECRET_ACCESS_KEY", "sec",
            "AWS_SESSION_TOKEN", "ses",
            "ANTHROPIC_API_KEY", "unused"),
        RequestKeys.NONE,
        "https://bedrock-runtime.eu-west-1.amazonaws.com",
        new UpstreamAuth.Bedrock(
            "eu-west-1", "AKID", Secret.of("sec"), Optional.of(Secret.of("ses"))));
  }

  @ParameterizedTest
  @CsvSource({
    "us-east5, https://us-east5-aiplatform.googleapis.com",
    "global, https://aiplatform.googleapis.com",
    "eu, https://aiplatform.eu.rep.googleapis.com"
  })
  void row3Vertex(String region, String base, @TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("key.json"), "{}");
    Map<String, String> env =
        Map.of(
            "CLAUDE_CODE_USE_VERTEX",
            "1",
            "CLOUD_ML_REGION",
            region,
            "ANTHROPIC_VERTEX_PROJECT_ID",
            "p",
            "GOOGLE_APPLICATION_CREDENTIALS",
            file.toString());
    expect(env, RequestKeys.NONE, base, new UpstreamAuth.Vertex("p", region, file));
  }

  @Test
  void row3SaysWhatIsMissing() {
    assertThatThrownBy(() ->
            ModelUpstreams.resolve(
                Map.of("CLAUDE_CODE_USE_VERTEX", "1", "ANTHROPIC_API_KEY", "k"), RequestKeys.NONE))
        .isInstanceOf(ModelConfigurationException.class)
        .hasMessage(
            "GOOGLE_APPLICATION_CREDENTIALS is required when using Vertex AI — set it in .env to the"
                + " path of your GCP service account JSON key");
    assertThatThrownBy(() ->
            ModelUpstreams.resolve(
                Map.of(
                    "CLAUDE_CODE_USE_VERTEX", "1", "GOOGLE_APPLICATION_CREDENTIALS", "/no/where"),
                RequestKeys.NONE))
        .hasMessage("GOOGLE_APPLICATION_CREDENTIALS file not found: /no/where");
    assertThatThrownBy(() ->
            ModelUpstreams.resolve(
                Map.of("CLAUDE_CODE_USE_BEDROCK", "1", "AWS_REGION", "us-east-1"),
                RequestKeys.NONE))
        .hasMessage("AWS_ACCESS_KEY_ID is required when using Bedrock");
    assertThatThrownBy(() ->
            ModelUpstreams.resolve(
                Map.of("CLAUDE_CODE_USE_FOUNDRY", "1", "AZURE_FOUNDRY_RESOURCE", "r"),
                RequestKeys.NONE))
        .hasMessage("AZURE_API_KEY is required when using Azure Foundry");
  }

  @ParameterizedTest
  @CsvSource({"0", "false", "''", "no", "off"})
  void aSwitchThatIsOffIsOff(String value) {
    expect(
        Map.of("CLAUDE_CODE_USE_VERTEX", value, "ANTHROPIC_API_KEY", "k"),
        RequestKeys.NONE,
        "https://api.anthropic.com",
        apiKey("k"));
  }

  @Test
  void row4BaseUrlWithBearer() {
    Map<String, String> env = without("CLAUDE_CODE_USE_FOUNDRY");
    expect(env, RequestKeys.NONE, "https://own.example/api", bearer("k-openrouter"));
    env.remove("OPENROUTER_API_KEY");
    expect(env, RequestKeys.NONE, "https://own.example/api", bearer("k-token"));
  }

  @Test
  void row5BaseUrlWithKeyOrWithout() {
    Map<String, String> env =
        without("CLAUDE_CODE_USE_FOUNDRY", "OPENROUTER_API_KEY", "ANTHROPIC_AUTH_TOKEN");
    expect(env, RequestKeys.NONE, "https://own.example/api", apiKey("k-anthropic"));
    env.remove("ANTHROPIC_API_KEY");
    expect(env, RequestKeys.NONE, "https://own.example/api", new UpstreamAuth.None());
  }

  @Test
  void rows6To8KeysAlone() {
    Map<String, String> env = without("CLAUDE_CODE_USE_FOUNDRY", "ANTHROPIC_BASE_URL");
    expect(env, RequestKeys.NONE, "https://api.anthropic.com", apiKey("k-anthropic"));
    env.remove("ANTHROPIC_API_KEY");
    expect(env, RequestKeys.NONE, "https://openrouter.ai/api", bearer("k-openrouter"));
    env.remove("OPENROUTER_API_KEY");
    expect(env, RequestKeys.NONE, "https://api.anthropic.com", bearer("k-token"));
  }

  @Test
  void nothingMatches() {
    assertThatThrownBy(
            () -> ModelUpstreams.resolve(Map.of("ANTHROPIC_API_KEY", ""), RequestKeys.NONE))
        .isInstanceOfSatisfying(
            ModelConfigurationException.class,
            e -> {
              assertThat(e.nothingConfigured()).isTrue();
              assertThat(e.code()).isEqualTo("model_not_configured");
            })
        .hasMessage(
            "anthropic_api_key is required — pass it in the request body or set ANTHROPIC_API_KEY in"
                + " the environment");
  }

  @ParameterizedTest
  @CsvSource({
    "http://h:1, http://h:1",
    "http://h:1/, http://h:1",
    "http://h:1/v1, http://h:1",
    "http://h:1/v1/, http://h:1",
    "http://h:1/api/v1, http://h:1/api",
    "http://h:1/v1beta, http://h:1/v1beta"
  })
  void baseUrlsAreTrimmed(String url, String base) {
    expect(Map.of("ANTHROPIC_BASE_URL", url), RequestKeys.NONE, base, new UpstreamAuth.None());
  }

  @ParameterizedTest
  @CsvSource({
    "no url at all sk-secret",
    "ftp://h",
    "http://",
    "http://u:sk-secret@h",
    "http://h?k=sk-secret"
  })
  void aUrlThatCannotBeIsAnErrorWithoutItsText(String url) {
    assertThatThrownBy(
            () -> ModelUpstreams.resolve(Map.of("ANTHROPIC_BASE_URL", url), RequestKeys.NONE))
        .isInstanceOf(ModelConfigurationException.class)
        .hasMessageNotContaining("sk-secret")
        .hasMessageContaining("ANTHROPIC_BASE_URL")
        .hasNoCause();
  }

  @Test
  void modelNamesGoToTheSandboxAndKeysDoNot() {
    Map<String, String> env =
        Map.of(
            "ANTHROPIC_API_KEY", "k",
            "ANTHROPIC_DEFAULT_SONNET_MODEL", "mine",
            "ANTHROPIC_MODEL", "also-mine");
    assertThat(ModelUpstreams.resolve(env, RequestKeys.NONE).modelVariables())
        .isEqualTo(
            Map.of("ANTHROPIC_DEFAULT_SONNET_MODEL", "mine", "ANTHROPIC_MODEL", "also-mine"));
  }

  @Test
  void openRouterHasModelsOfItsOwn() {
    assertThat(
            ModelUpstreams.resolve(
                    Map.of("OPENROUTER_API_KEY", "k", "ANTHROPIC_DEFAULT_OPUS_MODEL", "mine"),
                    RequestKeys.NONE)
                .modelVariables())
        .isEqualTo(
            Map.of(
                "ANTHROPIC_DEFAULT_SONNET_MODEL", "anthropic/claude-sonnet-4",
                "ANTHROPIC_DEFAULT_OPUS_MODEL", "mine",
                "ANTHROPIC_DEFAULT_HAIKU_MODEL", "anthropic/claude-haiku-4.5"));
  }

  @Test
  void openAiAndGemini() {
    assertThat(ModelUpstreams.openAi(Map.of())).isEmpty();
    assertThat(ModelUpstreams.gemini(Map.of())).isEmpty();
    ModelUpstream openAi = ModelUpstreams.openAi(Map.of("OPENAI_API_KEY", "k")).orElseThrow();
    assertThat(openAi.base()).hasToString("https://api.openai.com/v1");
    assertThat(openAi.auth()).isEqualTo(bearer("k"));
    assertThat(
            ModelUpstreams.openAi(Map.of("OPENAI_BASE_URL", "http://h:1/v1/")).orElseThrow().base())
        .hasToString("http://h:1/v1");
    ModelUpstream gemini = ModelUpstreams.gemini(Map.of("GEMINI_API_KEY", "k")).orElseThrow();
    assertThat(gemini.base()).hasToString("https://generativelanguage.googleapis.com");
    assertThat(gemini.auth()).isEqualTo(new UpstreamAuth.ApiKey("x-goog-api-key", Secret.of("k")));
    assertThat(
            ModelUpstreams.gemini(Map.of("GOOGLE_GEMINI_BASE_URL", "http://h:1"))
                .orElseThrow()
                .auth())
        .isEqualTo(new UpstreamAuth.None());
  }

  @Test
  void noTextShowsAKey() {
    for (UpstreamAuth auth :
        new UpstreamAuth[] {
          bearer("sk-secret"),
          apiKey("sk-secret"),
          new UpstreamAuth.Bedrock(
              "r", "AKID-secret", Secret.of("sk-secret"), Optional.of(Secret.of("t-secret")))
        }) {
      ModelUpstream upstream = ModelUpstream.anthropic(URI.create("http://h"), auth);
      LeaseSpec spec = LeaseSpec.builder("r").upstream(upstream).build();
      assertThat(upstream.toString() + auth + spec).doesNotContain("secret");
    }
    assertThat(RequestKeys.of("sk-secret", "k-secret").toString()).doesNotContain("secret");
  }

  @Test
  void aKeyWithALineBreakIsRefusedWithoutBeingShown() {
    assertThatThrownBy(() ->
            ModelUpstreams.resolve(
                Map.of("ANTHROPIC_API_KEY", "sk-secret\r\nx: y"), RequestKeys.NONE))
        .isInstanceOf(ModelConfigurationException.class)
        .hasMessageContaining("ANTHROPIC_API_KEY")
        .hasMessageNotContaining("sk-secret");
  }
}
