package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ds demo}: the recording that is shipped fits the agent that is pinned. */
class DemoVerbTest {
  private static Path state = Path.of("");
  @TempDir Path directory;

  @BeforeAll
  static void requireAgent() throws IOException {
    RealAgent.require();
    state = Files.createTempDirectory("ds-state");
  }

  @AfterAll
  static void removeState() throws IOException, InterruptedException {
    new ProcessBuilder("rm", "-rf", state.toString()).start().waitFor();
  }

  @Test
  void aProgramIsWrittenMendedAndRunWithoutAModel() throws IOException {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("DUNES_STATE", state.toString());
    environment.put("DUNES_PROVIDER", "local");
    // A model of the user's is not asked, even when it is there.
    environment.put("ANTHROPIC_BASE_URL", "http://127.0.0.1:1");
    Ds.Result result =
        Ds.with().env(environment).directory(directory).run("demo", "--fast", "-o", "out");
    assertThat(result.err())
        .contains("played from a recording")
        .contains("[tool: Edit] dunes.awk")
        .contains("[file: out/dunes.txt]")
        .contains("--- Result: success | turns: 5 ");
    assertThat(result.code()).isZero();
    String picture = Files.readString(directory.resolve("out/dunes.txt"));
    assertThat(picture.lines()).hasSize(20);
    assertThat(result.out()).contains("20 lines, as asked").endsWith(picture);
  }

  @Test
  void itCanBeRecordedAgain() throws IOException {
    Path cassette = directory.resolve("again.cassette");
    DemoRecorder.record(cassette, directory, Duration.ZERO);
    assertThat(cassette)
        .content()
        .contains("\"dunes-cassette\":1")
        .doesNotContain("<system-reminder>");
  }
}
