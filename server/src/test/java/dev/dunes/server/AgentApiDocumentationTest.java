package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What the page on the agent API shows is what happens: every block runs, one after another. */
class AgentApiDocumentationTest {
  private static final Pattern BLOCK = Pattern.compile("(?m)^```sh\\n(.*?)^```$", Pattern.DOTALL);

  @TempDir static Path directory;
  private static Shop shop;

  @BeforeAll
  static void open() throws IOException {
    shop = new Shop(directory).set("DUNES_MOCK_PACE", "0");
  }

  @AfterAll
  static void close() {
    shop.close();
  }

  @TestFactory
  Stream<DynamicTest> blocksRun() throws IOException {
    String page =
        Files.readString(Path.of(System.getProperty("dunes.root"), "docs", "agent-api.md"));
    int[] number = {0};
    return BLOCK
        .matcher(page)
        .results()
        .map(found -> DynamicTest.dynamicTest("block " + ++number[0], () -> run(found.group(1))))
        .toList()
        .stream();
  }

  private static void run(String block) throws Exception {
    String text = block.replace("http://localhost:2468", shop.server().uri().toString());
    Process process =
        new ProcessBuilder("bash", "-e", "-o", "pipefail", "-c", text)
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    // Everything that is an answer must be one that went well.
    assertThat(output).doesNotContain("urn:sandbox-agent:error", "\"error\":{");
  }
}
