package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page on the code interpreter shows is what happens. */
class CodeDocumentationTest {
  private static final Path PAGE =
      Path.of(System.getProperty("dunes.root"), "docs", "code-interpreter.md");
  private static final Pattern BLOCK = Pattern.compile("(?m)^```sh\\n(.*?)^```$", Pattern.DOTALL);

  @TempDir Path directory;

  @Test
  void theBlockRuns() throws Exception {
    try (SandboxShop shop = new SandboxShop(directory)) {
      String block =
          BLOCK
              .matcher(Files.readString(PAGE))
              .results()
              .map((MatchResult r) -> r.group(1))
              .findFirst()
              .orElseThrow();
      ProcessBuilder bash =
          new ProcessBuilder(
                  "bash",
                  "-e",
                  "-o",
                  "pipefail",
                  "-c",
                  block.replace("http://localhost:8000", shop.shop.server().uri().toString()))
              .redirectErrorStream(true);
      bash.environment().put("DUNES_API_KEY", SandboxShop.KEY);
      Process process = bash.start();
      process.getOutputStream().close();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(text).isZero();
      assertThat(text)
          .contains("\"text\":\"counting\\n\"", "\"text\":\"21\"", "\"text\":\"40\"")
          .contains("\"text\":\"42\"", "\"text\":\"/tmp\\n\"");
    }
  }
}
