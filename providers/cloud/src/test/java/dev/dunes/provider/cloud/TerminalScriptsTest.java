package dev.dunes.provider.cloud;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Terminals from the shell of this machine, in images that have more and less of what it takes. */
@Timeout(60)
class TerminalScriptsTest {
  private static final String MARK = "the-mark";
  private static final List<String> USUAL =
      List.of(
          "sh", "env", "mktemp", "mkfifo", "dd", "base64", "tr", "sleep", "rm", "grep", "cut",
          "sed", "printf", "stty", "tty", "cat", "seq", "kill");

  @TempDir Path temp;

  private Process process;

  @AfterEach
  void end() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** Begins a line of shell where there is nothing but what is usual, and these programs. */
  private BufferedReader start(String line, String... programs) throws IOException {
    Path bin = Files.createDirectory(temp.resolve("bin"));
    List<String> all = new ArrayList<>(USUAL);
    all.addAll(List.of(programs));
    for (String program : all) {
      Path found = Path.of("/usr/bin", program);
      assumeTrue(Files.exists(found), found + " is not there");
      Files.createSymbolicLink(bin.resolve(program), found.toRealPath());
    }
    List<String> argv = new ArrayList<>(Scripts.argv(FrameScripts.RUN, MARK, "1", "none", "31 90"));
    argv.addAll(List.of("sh", "-c", line));
    ProcessBuilder builder = new ProcessBuilder(argv);
    builder.environment().put("PATH", bin.toString());
    builder.environment().remove("TERM");
    process = builder.redirectError(temp.resolve("errors").toFile()).start();
    return process.inputReader();
  }

  private static String next(BufferedReader lines, String kind) throws IOException {
    String line = lines.readLine();
    assertThat(line).startsWith(kind + " ");
    return line.substring(2);
  }

  /** What is shown until this is. */
  private static String until(BufferedReader lines, String text) throws IOException {
    StringBuilder shown = new StringBuilder();
    while (shown.indexOf(text) < 0) {
      shown.append(new String(Base64.getDecoder().decode(next(lines, "o")), UTF_8));
    }
    return shown.toString();
  }

  private static int run(String script, String... arguments)
      throws IOException, InterruptedException {
    Process process = new ProcessBuilder(Scripts.argv(script, arguments)).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private static void type(String directory, String text) throws IOException, InterruptedException {
    assertThat(
            run(
                FrameScripts.WRITE,
                directory,
                Base64.getEncoder().encodeToString(text.getBytes(UTF_8))))
        .isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"python3", "script"})
  void eitherProgramGivesOne(String program) throws Exception {
    String line =
        "echo $TERM; tty; stty size; trap 'stty size' WINCH; read x; echo \"got '$x'\"; trap 'exit 9' INT;"
            + " echo ready; while :; do sleep 0.02; done";
    try (BufferedReader lines = start(line, program)) {
      String directory = next(lines, "d").split(" ")[0];
      String terminal = next(lines, "t");
      next(lines, "p");
      assertThat(until(lines, "31 90")).contains("xterm-256color\r\n", terminal);
      type(directory, "it's typed\n");
      assertThat(until(lines, "ready")).contains("got 'it's typed'");
      assertThat(run(TerminalScripts.RESIZE, terminal, "20", "70")).isZero();
      until(lines, "20 70");
      type(directory, "\3");
      assertThat(until(lines, MARK + " 9")).contains(MARK + " 9");
    }
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"python3", "script"})
  void itEndsAsTheProgramEndsWithAllOfItsOutput(String program) throws Exception {
    try (BufferedReader lines = start("seq 1 20000; kill -TERM $$", program)) {
      next(lines, "d");
      next(lines, "t");
      next(lines, "p");
      String shown = until(lines, MARK);

      assertThat(shown.lines()).contains("1", "20000").hasSizeGreaterThanOrEqualTo(20_000);
      assertThat(shown).contains(MARK + " 143");
    }
  }

  /** Also when nobody reads what it shows. */
  @Test
  void itIsInterruptedWhileItsOutputIsFull() throws Exception {
    try (BufferedReader lines = start("while :; do seq 1 1000; done", "python3")) {
      String directory = next(lines, "d").split(" ")[0];
      next(lines, "t");
      long pid = Long.parseLong(next(lines, "p"));
      type(directory, "\3");

      ProcessHandle.of(pid)
          .ifPresent(handle -> handle.onExit().orTimeout(30, TimeUnit.SECONDS).join());
      assertThat(until(lines, MARK + " ")).contains(MARK + " 130");
    }
  }

  @Test
  void anImageWithNeitherIsTold() throws Exception {
    try (BufferedReader lines = start("echo never")) {
      next(lines, "d");
      assertThat(next(lines, "x")).isEqualTo("terminal");
    }
  }

  /** Of busybox there is a program of the same name that cannot do this. */
  @Test
  void anotherScriptIsNotTaken() throws Exception {
    Path other = Files.createDirectories(temp.resolve("other"));
    Files.createSymbolicLink(other.resolve("script"), Path.of("/bin/true"));
    List<String> argv =
        new ArrayList<>(Scripts.argv(FrameScripts.RUN, MARK, "1", "none", "31 90", "true"));
    ProcessBuilder builder = new ProcessBuilder(argv);
    for (String program : USUAL) {
      Files.createSymbolicLink(other.resolve(program), Path.of("/usr/bin", program).toRealPath());
    }
    builder.environment().put("PATH", other.toString());
    process = builder.redirectError(temp.resolve("errors").toFile()).start();
    try (BufferedReader lines = process.inputReader()) {
      next(lines, "d");
      assertThat(next(lines, "x")).isEqualTo("terminal");
    }
  }
}
