package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ds credentials}. Agent API, sheets 2.12 and 4.15. */
class CredentialsVerbTest {
  private final Ds ds = Ds.with(new FakeProvider("fake"));
  @TempDir private Path home;

  @BeforeEach
  void useHome() {
    ds.env("HOME", home.toString());
  }

  private void file(String relative, String text) throws IOException {
    Path file = home.resolve(relative);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void extractShowsKeysInPart() throws IOException {
    file(".codex/auth.json", "{\"tokens\":{\"access_token\":\"signed-in-token\"}}");
    file(".local/share/opencode/auth.json", "{\"zai\":{\"type\":\"api\",\"key\":\"short\"}}");
    Ds.Result result =
        ds.env("ANTHROPIC_API_KEY", "sk-ant-0123456789").run("credentials", "extract");
    assertThat(result.out())
        .isEqualTo(
            """
            {
              "anthropic": {
                "provider": "anthropic",
                "source": "environment",
                "auth_type": "api_key",
                "api_key": "sk-a...6789",
                "redacted": true
              },
              "openai": {
                "provider": "openai",
                "source": "codex",
                "auth_type": "oauth",
                "api_key": "sign...oken",
                "redacted": true
              },
              "other": {
                "zai": {
                  "provider": "zai",
                  "source": "opencode",
                  "auth_type": "api_key",
                  "api_key": "****",
                  "redacted": true
                }
              }
            }
            """);
    assertThat(result.code()).isZero();
    assertThat(ds.run("credentials", "extract", "--reveal").out())
        .contains("\"api_key\": \"sk-ant-0123456789\",\n    \"redacted\": false");
    assertThat(ds.run("credentials", "extract", "--no-oauth").out()).contains("\"openai\": null");
  }

  @Test
  void anEmptyHomeIsNoError() {
    Ds.Result result = ds.run("credentials", "extract", "-d", home.resolve("none").toString());
    assertThat(result.out())
        .isEqualTo("{\n  \"anthropic\": null,\n  \"openai\": null,\n  \"other\": {}\n}\n");
    assertThat(result.err()).isEmpty();
    assertThat(ds.run("credentials", "extract-env").out()).isEmpty();
  }

  @Test
  void oneSecretIsPrintedAlone() throws IOException {
    file(
        ".local/share/opencode/auth.json",
        "{\"zai\":{\"type\":\"api\",\"key\":\"z-key\"},\"kimi\":{\"type\":\"api\",\"key\":\"k-key\"}}");
    Ds.Result none = ds.run("credentials", "extract", "--agent", "claude");
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.out()).isEmpty();
    assertThat(none.err()).startsWith("❌ there are no credentials for 'anthropic'\n");
    assertThat(ds.run("credentials", "extract", "-a", "opencode").err())
        .isEqualTo("❌ opencode could use any of kimi, zai\nsay which with --provider\n");
    assertThat(ds.run("credentials", "extract", "-a", "opencode", "-p", "zai").out())
        .isEqualTo("z-key\n");
    ds.env("ANTHROPIC_API_KEY", "a-key");
    assertThat(ds.run("credentials", "extract", "-a", "claude").out()).isEqualTo("a-key\n");
    assertThat(ds.run("credentials", "extract", "-a", "amp", "-p", "anthropic").out())
        .isEqualTo("a-key\n");
    assertThat(ds.run("credentials", "extract", "-a", "opencode").out()).isEqualTo("a-key\n");
    ds.env("OPENAI_API_KEY", "o-key");
    assertThat(ds.run("credentials", "extract", "-a", "opencode").out()).isEqualTo("o-key\n");
    assertThat(ds.run("credentials", "extract", "-a", "codex").out()).isEqualTo("o-key\n");
    assertThat(ds.run("credentials", "extract", "-p", "openai").out()).isEqualTo("o-key\n");
    Ds.Result other = ds.run("credentials", "extract", "-a", "codex", "-p", "anthropic");
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.err()).startsWith("❌ codex has models of openai only, none of anthropic\n");
    assertThat(ds.run("credentials", "extract", "-a", "claud").code()).isEqualTo(2);
  }

  @Test
  void openCodesOnlyOtherProviderIsTaken() throws IOException {
    file(".local/share/opencode/auth.json", "{\"zai\":{\"type\":\"api\",\"key\":\"z-key\"}}");
    assertThat(ds.run("credentials", "extract", "-a", "opencode").out()).isEqualTo("z-key\n");
  }

  @Test
  void extractEnvPrintsKeysAndNoTokens() throws IOException {
    file(".claude/.credentials.json", "{\"claudeAiOauth\":{\"accessToken\":\"signed-in\"}}");
    file(
        ".local/share/opencode/auth.json",
        """
        {"anthropic":{"type":"oauth","access":"signed-in"},
         "z-ai":{"type":"api","key":"z"},
         "a b":{"type":"api","key":"left-out"},
         "copilot":{"type":"oauth","access":"signed-in"}}
        """);
    Ds.Result result =
        ds.env("CODEX_API_KEY", "o").env("OPENAI_API_KEY", "").run("credentials", "extract-env");
    assertThat(result.out()).isEqualTo("OPENAI_API_KEY=o\nCODEX_API_KEY=o\nZ_AI_API_KEY=z\n");
    assertThat(result.err()).contains("'a b' is left out").doesNotContain("left-out");
    assertThat(ds.run("credentials", "extract-env", "-e").out())
        .startsWith("export OPENAI_API_KEY=o\n");
  }

  @Test
  void aShellReadsWhatExtractEnvPrints() throws Exception {
    String odd = "it's $(touch made) `x` \"y\" \\ *\nsecond";
    Ds.Result result = ds.env("ANTHROPIC_API_KEY", odd).run("credentials", "extract-env", "-e");
    Process shell =
        new ProcessBuilder("sh", "-c", result.out() + "printf %s \"$CLAUDE_API_KEY\"")
            .directory(home.toFile())
            .start();
    assertThat(new String(shell.getInputStream().readAllBytes())).isEqualTo(odd);
    assertThat(shell.waitFor()).isZero();
    assertThat(home.resolve("made")).doesNotExist();
  }

  @Test
  void brokenFilesAreSaidAndStopNothing() throws IOException {
    file(".codex/auth.json", "{\"OPENAI_API_KEY\":\"half");
    Ds.Result result =
        ds.env("ANTHROPIC_API_KEY", "a-key").run("credentials", "extract", "-a", "claude");
    assertThat(result.out()).isEqualTo("a-key\n");
    assertThat(result.err()).isEqualTo("⚠️  ~/.codex/auth.json is not JSON\n");
  }

  @Test
  void tokensOfServersAreTakenAnywhere() {
    ds.env("ANTHROPIC_API_KEY", "a-key");
    assertThat(ds.run("-t", "x", "credentials", "extract", "-a", "claude").out())
        .isEqualTo("a-key\n");
    assertThat(ds.run("--no-token", "credentials", "extract", "-a", "claude").out())
        .isEqualTo("a-key\n");
    assertThat(ds.run("credentials", "--token=x", "extract", "-n", "-a", "claude").out())
        .isEqualTo("a-key\n");
  }

  @Test
  void whatIsMissingIsSaid() {
    Ds.Result bare = ds.run("credentials");
    assertThat(bare.code()).isEqualTo(2);
    assertThat(bare.err()).startsWith("❌ `ds credentials` needs one of: extract, extract-env\n");
    Ds.Result wrong = ds.run("credentials", "show");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(ds.run("credentials", "extract", "--help").out())
        .contains("Usage: ds credentials extract")
        .contains("--reveal");
    assertThat(ds.run("help", "credentials").out()).contains("extract-env");
  }
}
