package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Servers of {@code ds} as processes, in a directory and with a state of their own. */
abstract class ServerCase {
  private final List<Process> started = new ArrayList<>();
  @TempDir Path directory;
  Path state = Path.of("");
  DsProcess ds = new DsProcess(state, directory, "local");

  @BeforeEach
  void makeState() throws IOException {
    state = Files.createTempDirectory("ds-state");
    ds = new DsProcess(state, directory, "local");
  }

  @AfterEach
  void killServers() throws Exception {
    for (Process process : started) {
      process.destroyForcibly().waitFor();
    }
    endWhatIsLeft();
    new ProcessBuilder("rm", "-rf", state.toString()).start().waitFor();
  }

  /** Ends what killed servers have left, while their state is there. */
  void endWhatIsLeft() throws Exception {}

  /** Begins {@code ds} with these words; it is killed after the test. */
  Process start(Map<String, String> environment, List<String> words) {
    List<String> command = new ArrayList<>(DsProcess.command());
    command.addAll(words);
    Process process = ds.start(command, environment);
    started.add(process);
    return process;
  }

  /** Where a server is, once it is ready. */
  static String url(Process process) throws IOException {
    String line = String.valueOf(process.inputReader().readLine());
    assertThat(line).startsWith("Ready at http://127.0.0.1:");
    return line.substring("Ready at ".length());
  }

  /** Sends a signal, and waits for the end that is to come of it. */
  static void end(Process process, String signal, int code) throws Exception {
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(code);
  }
}
