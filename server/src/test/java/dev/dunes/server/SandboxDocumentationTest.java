package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page on the sandbox API shows is what happens: every block runs against a server. */
class SandboxDocumentationTest {
  private static final Path PAGE =
      Path.of(System.getProperty("dunes.root"), "docs", "sandbox-api.md");
  private static final Pattern BLOCK = Pattern.compile("(?m)^```sh\\n(.*?)^```$", Pattern.DOTALL);

  @TempDir Path directory;

  @Test
  void blocksRun() throws Exception {
    try (SandboxShop shop = new SandboxShop(directory)) {
      List<String> blocks =
          BLOCK
              .matcher(Files.readString(PAGE))
              .results()
              .map((MatchResult r) -> r.group(1))
              .toList();
      assertThat(blocks).hasSize(4);
      StringBuilder all = new StringBuilder();
      for (String block : blocks) {
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
        assertThat(process.exitValue()).as(block + "\n" + text).isZero();
        all.append(text);
      }
      assertThat(all.toString())
          .contains(
              "\"stdout\":\"42\\n\"", "event: end", "\"text\":\"hello\\n\"", "\"name\":\"ci\"");
    }
  }
}
