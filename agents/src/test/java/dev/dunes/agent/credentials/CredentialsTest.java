package dev.dunes.agent.credentials;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Agent API, sheet 2.12 and 4.15. */
class CredentialsTest {
  private static final Instant NOW = Instant.parse("2026-01-28T12:00:00Z");
  private static final String AMP = ".amp/config.json";
  private static final String CLAUDE = ".claude.json";
  private static final String CLAUDE_OAUTH = ".claude/.credentials.json";
  private static final String CODEX = ".codex/auth.json";
  private static final String OPENCODE = ".local/share/opencode/auth.json";

  @TempDir private Path home;

  private Credentials find(Map<String, String> environment, boolean oauth) {
    return Credentials.find(environment, home, oauth, NOW);
  }

  private void file(String relative, String text) {
    try {
      Path file = home.resolve(relative);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String shown(Optional<Credential> found) {
    return found
        .map(c -> c.source().wireName() + " " + c.type().wireName() + " " + c.secret())
        .orElse("none");
  }

  @Test
  void anEmptyHomeHasNone() {
    assertThat(find(Map.of(), true))
        .isEqualTo(new Credentials(Optional.empty(), Optional.empty(), Map.of(), List.of()));
  }

  @Test
  void sourcesOfAnthropicComeInTheirOrder() {
    file(OPENCODE, "{\"anthropic\":{\"type\":\"api\",\"key\":\"from-opencode\"}}");
    assertThat(shown(find(Map.of(), true).anthropic())).isEqualTo("opencode api_key from-opencode");
    file(".claude-oauth-credentials.json", "{\"claudeAiOauth\":{\"accessToken\":\"second\"}}");
    assertThat(shown(find(Map.of(), true).anthropic())).isEqualTo("claude-code oauth second");
    file(CLAUDE_OAUTH, "{\"claudeAiOauth\":{\"accessToken\":\"first\"}}");
    assertThat(shown(find(Map.of(), true).anthropic())).isEqualTo("claude-code oauth first");
    file(CLAUDE, "{\"customApiKey\":\"sk-ant-4\",\"anthropicApiKey\":\"sk-ant-3\"}");
    assertThat(shown(find(Map.of(), true).anthropic())).isEqualTo("claude-code api_key sk-ant-3");
    file(CLAUDE, "{\"apiKey\":\"sk-ant-2\",\"primaryApiKey\":\"other\"}");
    assertThat(shown(find(Map.of(), true).anthropic())).isEqualTo("claude-code api_key sk-ant-2");
    file(".claude.json.api", "{\"primaryApiKey\":\"sk-ant-1\"}");
    assertThat(shown(find(Map.of(), true).anthropic())).isEqualTo("claude-code api_key sk-ant-1");
    file(AMP, "{\"apiKey\":\"from-amp\"}");
    assertThat(shown(find(Map.of(), true).anthropic())).isEqualTo("amp api_key from-amp");
    Map<String, String> second = Map.of("CLAUDE_API_KEY", "env-2");
    assertThat(shown(find(second, true).anthropic())).isEqualTo("environment api_key env-2");
    Map<String, String> both = Map.of("ANTHROPIC_API_KEY", "env-1", "CLAUDE_API_KEY", "env-2");
    assertThat(shown(find(both, true).anthropic())).isEqualTo("environment api_key env-1");
  }

  @Test
  void sourcesOfOpenAiComeInTheirOrder() {
    file(OPENCODE, "{\"openai\":{\"type\":\"api\",\"key\":\"from-opencode\"}}");
    assertThat(shown(find(Map.of(), true).openai())).isEqualTo("opencode api_key from-opencode");
    file(CODEX, "{\"OPENAI_API_KEY\":null,\"tokens\":{\"access_token\":\"signed-in\"}}");
    assertThat(shown(find(Map.of(), true).openai())).isEqualTo("codex oauth signed-in");
    assertThat(shown(find(Map.of(), false).openai())).isEqualTo("opencode api_key from-opencode");
    file(CODEX, "{\"OPENAI_API_KEY\":\"key\",\"tokens\":{\"access_token\":\"signed-in\"}}");
    assertThat(shown(find(Map.of(), true).openai())).isEqualTo("codex api_key key");
    Map<String, String> second = Map.of("CODEX_API_KEY", "env-2", "OPENAI_API_KEY", " ");
    assertThat(shown(find(second, true).openai())).isEqualTo("environment api_key env-2");
    Map<String, String> both = Map.of("CODEX_API_KEY", "env-2", "OPENAI_API_KEY", "env-1");
    assertThat(shown(find(both, true).openai())).isEqualTo("environment api_key env-1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "anthropicApiKey",
        "anthropic_api_key",
        "apiKey",
        "api_key",
        "accessToken",
        "access_token",
        "token",
        "auth.anthropicApiKey",
        "auth.apiKey",
        "auth.token",
        "anthropic.apiKey",
        "anthropic.token"
      })
  void everyMemberOfAmpsFileIsKnown(String member) {
    String[] names = member.split("\\.");
    String json = "{\"%s\":\"found\"}".formatted(names[names.length - 1]);
    file(AMP, names.length == 1 ? json : "{\"%s\":%s}".formatted(names[0], json));
    assertThat(shown(find(Map.of(), true).anthropic())).isEqualTo("amp api_key found");
  }

  @ParameterizedTest
  @CsvSource({
    "\"2026-01-28T12:00:01Z\", true",
    "\"2026-01-28T14:00:01+02:00\", true",
    "\"2026-01-28T12:00:00Z\", false",
    "1769601600001, true",
    "1769601600000, false",
    "\"1769601600001\", true",
    "null, true",
    "true, false",
    "\"soon\", false",
    "1e400, true",
  })
  void aTokenIsGoodUntilItEnds(String end, boolean good) {
    file(
        CLAUDE_OAUTH,
        "{\"claudeAiOauth\":{\"accessToken\":\"token\",\"expiresAt\":%s}}".formatted(end));
    assertThat(find(Map.of(), true).anthropic().isPresent()).isEqualTo(good);
    assertThat(find(Map.of(), false).anthropic()).isEmpty();
  }

  @Test
  void openCodeKnowsOtherProviders() {
    file(
        OPENCODE,
        """
        {"zai":{"type":"api","key":"z"},
         "copilot":{"type":"oauth","access":"c","expires":1769601600001},
         "old":{"type":"oauth","access":"o","expires":1769601600000},
         "known":{"type":"wellknown","key":"k","token":"t"},
         "empty":{"type":"api","key":""},
         "odd":[1]}
        """);
    Credentials found = find(Map.of(), true);
    assertThat(found.other().keySet()).containsExactly("copilot", "zai");
    assertThat(shown(found.of("copilot"))).isEqualTo("opencode oauth c");
    assertThat(find(Map.of(), false).other().keySet()).containsExactly("zai");
    assertThat(found.of("nobody")).isEmpty();
  }

  @Test
  void aTokenOfASignedInPersonIsNoKeyWhereverItIs() {
    String token = "sk-ant-oat01-x";
    file(AMP, "{\"apiKey\":\"%s\"}".formatted(token));
    file(CLAUDE, "{\"primaryApiKey\":\"%s\",\"apiKey\":\"sk-ant-api\"}".formatted(token));
    file(OPENCODE, "{\"zai\":{\"type\":\"api\",\"key\":\"%s\"}}".formatted(token));
    Map<String, String> environment = Map.of("ANTHROPIC_API_KEY", token);
    assertThat(shown(find(environment, true).anthropic())).isEqualTo("environment oauth " + token);
    assertThat(shown(find(Map.of(), true).anthropic())).isEqualTo("amp oauth " + token);
    assertThat(shown(find(environment, false).anthropic()))
        .isEqualTo("claude-code api_key sk-ant-api");
    assertThat(find(Map.of(), false).other()).isEmpty();
  }

  @Test
  void brokenFilesStopNothingAndAreNamed() throws IOException {
    file(AMP, "{\"apiKey\":\"secret-in-half-a-file");
    file(CLAUDE, "[1]");
    Files.createDirectories(home.resolve(CODEX));
    file(CLAUDE_OAUTH, "{\"claudeAiOauth\":{\"accessToken\":\"t\",\"expiresAt\":\"soon\"}}");
    file(OPENCODE, "{\"anthropic\":{\"type\":\"api\",\"key\":\"last\"}}");
    Credentials found = find(Map.of(), true);
    assertThat(shown(found.anthropic())).isEqualTo("opencode api_key last");
    assertThat(found.problems())
        .containsExactlyInAnyOrder(
            "~/.amp/config.json is not JSON",
            "~/.claude.json is no JSON object",
            "~/.codex/auth.json cannot be read",
            "~/.claude/.credentials.json says when its token ends in words that are no time;"
                + " it is not used");
  }

  @Test
  void aFileInPlaceOfADirectoryIsNoProblem() {
    file(".amp", "a file");
    assertThat(find(Map.of(), true).problems()).isEmpty();
  }

  @Test
  void secretsAreShownInPart() {
    Credential credential =
        new Credential("p", Credential.Source.AMP, Credential.Type.API_KEY, "sk-ant-1234");
    assertThat(credential.redacted()).isEqualTo("sk-a...1234");
    assertThat(credential).asString().isEqualTo("Credential[p, amp, api_key]");
    for (String secret : List.of("12345678", "1", "😀😀😀😀😀😀😀😀")) {
      assertThat(
              new Credential("p", Credential.Source.AMP, Credential.Type.API_KEY, secret)
                  .redacted())
          .isEqualTo("****");
    }
  }
}
