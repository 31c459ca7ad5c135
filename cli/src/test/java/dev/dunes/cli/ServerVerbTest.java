package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ds server} as a process. Agent API, sheets 2.5 and 2.11. */
class ServerVerbTest {
  @TempDir Path directory;
  private Path state = Path.of("");
  private DsProcess ds = new DsProcess(state, directory, "local");

  @BeforeEach
  void makeState() throws IOException {
    state = Files.createTempDirectory("ds-state");
    ds = new DsProcess(state, directory, "local");
  }

  @AfterEach
  void close() throws Exception {
    new ProcessBuilder("rm", "-rf", state.toString()).start().waitFor();
  }

  @Test
  void itWantsToKnowWhoMayAsk() {
    DsProcess.Done done = ds.run("server", "-p", "0");
    assertThat(done.err()).isEqualTo("missing --token or --no-token for server mode\n");
    assertThat(done.out()).isEmpty();
    assertThat(done.code()).isEqualTo(1);
    assertThat(ds.run("server", "-p", "0", "--token", "").code()).isEqualTo(1);
    assertThat(ds.run("server", "-n", "-p", "70000").code()).isEqualTo(2);
    assertThat(ds.run("server", "-n", "--no-such").code()).isEqualTo(2);
    DsProcess.Done cors = ds.run("server", "-n", "-p", "0", "-C");
    assertThat(cors.code()).isEqualTo(1);
    assertThat(cors.err()).startsWith("❌ ").contains("origin");
  }
}
