package dev.dunes.sandbox.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.SandboxException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exit codes, arguments, environment, directory and user of a command. */
abstract class ExecTopic extends Topic {
  private static final String HOSTILE =
      "first\nsecond 'quoted' \"twice\" $HOME `id` \\ = é 😀 \t end ";
  private static final int LONG_ARGUMENT = 100 << 10;

  ExecTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 7, 124, 126, 127, 255})
  void exitCodesArePassedOn(int code) {
    ExecResult result = sh("exit " + code);

    assertThat(result.exitCode()).isEqualTo(code);
    assertThat(result.success()).isEqualTo(code == 0);
    assertThat(result.timedOut()).isFalse();
    assertThat(result.exit().signal()).isEmpty();
    assertThat(result.duration()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 6, 9, 10, 15})
  void aCommandKilledByASignalEndsWith128AndItsNumber(int signal) {
    ExecResult result = sh("kill -%d $$; while :; do :; done".formatted(signal));

    assertThat(result.exitCode()).isEqualTo(128 + signal);
    assertThat(result.exit().signal()).hasValue(signal);
  }

  @Test
  void aProgramThatDoesNotExistEndsWith127() {
    for (Command command :
        List.of(Command.of("no-such-program-here"), Command.of("/no/such/program"))) {
      ExecResult result = sandbox().exec(command);
      assertThat(result.exitCode()).isEqualTo(127);
      assertThat(result.stderr()).contains(command.argv().getFirst());
    }
    assertThat(sh("no-such-program-here").exitCode()).isEqualTo(127);
  }

  @Test
  void aFileThatCannotBeExecutedEndsWith126() {
    String directory = directory();
    files().write(directory + "/data", "just text\n");

    assertThat(sandbox().exec(Command.of("./" + directory + "/data")).exitCode()).isEqualTo(126);
    assertThat(sandbox().exec(Command.of("./" + directory)).exitCode()).isEqualTo(126);
  }

  @Test
  void scriptsRunByTheirFirstLine() {
    String script = directory() + "/script";
    files().write(script, "#!/bin/sh\necho \"$#:$1\"\n");
    files().chmod(script, 0755);

    assertThat(sandbox().exec(Command.of("./" + script, "a b")).stdout()).isEqualTo("1:a b\n");
  }

  @Test
  void outputIsKeptApart() {
    ExecResult result = sh("echo out; echo err >&2");

    assertThat(result.stdout()).isEqualTo("out\n");
    assertThat(result.stderr()).isEqualTo("err\n");
  }

  @Test
  void argumentsArriveExactly() {
    List<String> arguments =
        List.of("", " ", "a b", "'", "\"", "\n", "$HOME", "*", "\\", "-n", "--", "é 😀", HOSTILE);
    Command command =
        Command.builder("printf", "%s\\0").args(arguments.toArray(String[]::new)).build();

    assertThat(sandbox().exec(command).stdout()).isEqualTo(String.join("\0", arguments) + "\0");
  }

  @Test
  void aLongArgumentArrivesWhole() {
    String argument = "0123456789".repeat(LONG_ARGUMENT / 10);

    assertThat(sandbox().exec(Command.of("printf", "%s", argument)).stdout()).isEqualTo(argument);
  }

  @Test
  void anArgumentTheKernelRefusesIsAFailureAndNotTheEnd() {
    String argument = "x".repeat(1 << 19); // above MAX_ARG_STRLEN, 128 KiB
    try {
      assertThat(sandbox().exec(Command.of("printf", "%s", argument)).exitCode()).isNotZero();
    } catch (SandboxException e) {
      assertThat(e.code()).isNotEmpty();
    }
    assertThat(sh("echo alive").stdout()).isEqualTo("alive\n");
  }

  @Test
  void hereDocumentsWork() {
    ExecResult result = sh("cat <<'END'\n$not 'expanded'\n\"at all\"\nEND\necho after");

    assertThat(result.stdout()).isEqualTo("$not 'expanded'\n\"at all\"\nafter\n");
  }

  @Test
  void aScriptOfManyLinesRunsAsOne() {
    String lines = "x=$((x + 1))\n".repeat(2000);

    assertThat(sh("x=0\n" + lines + "echo $x").stdout()).isEqualTo("2000\n");
  }

  // ---- environment ----

  @Test
  void variablesOfTheSpecificationAreThere() {
    assertThat(sh("printenv " + Suite.MARK).stdout().strip()).isEqualTo(suite().mark());
  }

  @Test
  void variablesOfTheCommandComeFirst() {
    Command command = Command.builder("printenv", Suite.MARK).env(Suite.MARK, "changed").build();

    assertThat(sandbox().exec(command).stdout()).isEqualTo("changed\n");
    assertThat(sh("printenv " + Suite.MARK).stdout().strip()).isEqualTo(suite().mark());
  }

  @Test
  void valuesArriveExactly() {
    Command command = Command.builder("printenv", "V").env("V", HOSTILE).build();
    Command empty =
        Command.shellBuilder("test \"${V-unset}\" = '' && echo empty").env("V", "").build();

    assertThat(sandbox().exec(command).stdout()).isEqualTo(HOSTILE + "\n");
    assertThat(sandbox().exec(empty).stdout()).isEqualTo("empty\n");
  }

  @Test
  void theCallersEnvironmentStaysOutside() {
    Map<String, String> own = System.getenv();
    List<String> inside = sh("env -0").stdout().lines().toList();

    for (String name : own.keySet()) {
      if (name.toUpperCase(java.util.Locale.ROOT)
          .matches(".*(KEY|TOKEN|SECRET|PASSWORD).*|MAVEN.*|SUREFIRE.*|JAVA.*")) {
        assertThat(String.join("\n", inside)).doesNotContain(name + "=");
      }
    }
    assertThat(sh("test -n \"$PATH\" && test -n \"$HOME\" && cd && echo home").stdout())
        .isEqualTo("home\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1A", "A-B", "A B", "A=B", "A\n", "é"})
  void namesOfVariablesAreChecked(String name) {
    assertThatThrownBy(() -> sandbox().exec(Command.builder("true").env(name, "x").build()))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.field()).startsWith("env"));
    assertThatThrownBy(() -> suite().provider().create(suite().spec().env(name, "x").build()))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.field()).startsWith("env"));
  }

  // ---- directory ----

  @Test
  void commandsRunWhereToldAndElseInTheWorkingDirectory() {
    String directory = directory();
    String here = sh("pwd").stdout().strip();

    assertThat(here).startsWith("/");
    assertThat(
            sandbox()
                .exec(Command.builder("pwd").workingDir(here + "/" + directory).build())
                .stdout())
        .isEqualTo(here + "/" + directory + "\n");
    assertThat(sandbox().exec(Command.builder("pwd").workingDir("/").build()).stdout())
        .isEqualTo("/\n");
  }

  @Test
  void aDirectoryThatIsNotThereIsRefusedByName() {
    files().write("plain-file", "x");
    for (String path : List.of("/no/such/directory", "plain-file")) {
      assertThatThrownBy(() -> sandbox().exec(Command.builder("pwd").workingDir(path).build()))
          .isInstanceOfSatisfying(
              InvalidRequestException.class, e -> assertThat(e.field()).isEqualTo("workingDir"));
    }
  }

  // ---- user ----

  @Test
  void theOwnUserMayBeNamed() {
    String id = sh("id -u").stdout().strip();

    assertThat(sandbox().exec(Command.builder("id", "-u").user(id).build()).stdout().strip())
        .isEqualTo(id);
  }

  @Test
  void anUnknownUserIsRefusedByName() {
    assertThatThrownBy(
            () -> sandbox().exec(Command.builder("id").user("no-such-user-here").build()))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.field()).isEqualTo("user"))
        .hasMessageContaining("no-such-user-here");
  }

  @Test
  void otherUsersRunCommands() {
    needs(Feature.OTHER_USERS);
    Command command = Command.builder("id", "-un").user("nobody").workingDir("/").build();

    assertThat(sandbox().exec(command).stdout()).isEqualTo("nobody\n");
  }

  // ---- many ----

  @Test
  void manyStopAtTheFirstFailureIfAsked() {
    List<Command> commands =
        List.of(Command.shell("echo 1"), Command.shell("exit 4"), Command.shell("echo 3"));

    assertThat(sandbox().execMany(commands, true))
        .extracting(ExecResult::exitCode)
        .containsExactly(0, 4);
    assertThat(sandbox().execMany(commands, false))
        .extracting(ExecResult::exitCode)
        .containsExactly(0, 4, 0);
  }

  @Test
  void executedByIdItIsTheSame() {
    assertThat(suite().provider().execute(sandbox().id(), Command.shell("echo by id")).stdout())
        .isEqualTo("by id\n");
    assertThat(sh("echo and the handle still works").success()).isTrue();
  }

  @Test
  void aVeryLongTimeoutIsNoTimeout() {
    Command command = Command.shellBuilder("echo x").timeout(Duration.ofDays(365 * 1000L)).build();

    assertThat(sandbox().exec(command).stdout()).isEqualTo("x\n");
  }
}
