package dev.dunes.provider.cloud;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lines a vendor sees of a command, from the shell of this machine. */
class FrameScriptsTest {
  private static final String MARK = "the-mark";
  private static final long LIMIT_SECONDS = 60;

  @TempDir Path temp;

  private Process start(String input, String... command) throws Exception {
    List<String> argv = new ArrayList<>(Scripts.argv(FrameScripts.RUN, MARK, input, "none", ""));
    argv.addAll(List.of(command));
    return new ProcessBuilder(argv).redirectError(temp.resolve("errors").toFile()).start();
  }

  private static List<String> rest(BufferedReader lines, Process process) throws Exception {
    List<String> rest = lines.lines().toList();
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    return rest;
  }

  private static String line(String channel, String text) {
    return channel + " " + Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  @Test
  void afterTheEndOfTheInputBothChannelsHaveTheMarkAndNothingElse() throws Exception {
    Process process = start("1", "cat");
    try (BufferedReader lines = process.inputReader()) {
      String[] place = lines.readLine().split(" ");
      assertThat(place).hasSize(3).startsWith("d");
      assertThat(lines.readLine()).startsWith("p ");
      Process close = new ProcessBuilder(Scripts.argv(FrameScripts.CLOSE, place[2])).start();
      assertThat(close.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();

      assertThat(rest(lines, process)).containsExactly(line("o", MARK + " 0\n"));
    }
    assertThat(temp.resolve("errors")).hasContent(line("e", MARK + "\n") + "\n");
  }

  @Test
  void ofAKilledCommandTheShellSaysNothingInBetween() throws Exception {
    Process process = start("0", "sh", "-c", "echo oh >&2; kill -KILL $$");
    try (BufferedReader lines = process.inputReader()) {
      assertThat(rest(lines, process)).last().isEqualTo(line("o", MARK + " 137\n"));
    }
    assertThat(temp.resolve("errors"))
        .content()
        .doesNotContain("Killed")
        .matches("(e [A-Za-z0-9+/=]+\n)+");
  }
}
