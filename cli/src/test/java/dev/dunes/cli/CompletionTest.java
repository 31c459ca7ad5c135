package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompletionTest {
  private final Ds ds = Ds.with(new FakeProvider("fake"));
  @TempDir Path directory;

  @Test
  void bashCompletesVerbsAndOptions() throws IOException, InterruptedException {
    String script =
        ds.run("completion", "bash").out()
            + """

            COMP_WORDS=(ds ru); COMP_CWORD=1
            _complete_ds; printf '%s\\n' "${COMPREPLY[@]}"
            COMP_WORDS=(ds run --mem); COMP_CWORD=2
            _complete_ds; printf '%s\\n' "${COMPREPLY[@]}"
            complete -p ds
            """;
    assertThat(runIn("bash", script))
        .startsWith("run")
        .contains("--memory")
        .contains("_complete_ds");
  }

  @Test
  void zshCanReadIt() throws IOException, InterruptedException {
    requireShell("zsh");
    runIn("zsh", ds.run("completion", "zsh").out());
  }

  @Test
  void fishCompletesVerbsAndOptions() throws IOException, InterruptedException {
    String script = ds.run("completion", "fish").out();
    assertThat(script)
        .contains(
            "complete -c ds -n __fish_use_subcommand -a run -d 'Run a command, a file or piped code in a sandbox'\n")
        .contains(
            "complete -c ds -n '__fish_seen_subcommand_from run' -s f -l file -rF -d 'Run the code in this file; comes before COMMAND.'\n")
        .contains("-l no-keep\n");
    requireShell("fish");
    runIn("fish", script);
  }

  @Test
  void otherShellsAreRefused() {
    Ds.Result result = ds.run("completion", "tcsh");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo("❌ SHELL: 'tcsh' cannot be used; use one of bash, zsh, fish\n");
  }

  private static void requireShell(String shell) throws InterruptedException {
    try {
      new ProcessBuilder(shell, "-c", "exit").start().waitFor();
    } catch (IOException e) {
      assumeTrue(false, shell + " is not installed");
    }
  }

  private String runIn(String shell, String script) throws IOException, InterruptedException {
    Path file = Files.writeString(directory.resolve("completion"), script);
    Process process = new ProcessBuilder(shell, file.toString()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
