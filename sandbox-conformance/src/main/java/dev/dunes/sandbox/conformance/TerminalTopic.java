package dev.dunes.sandbox.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.TerminalSize;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Commands on a terminal. */
abstract class TerminalTopic extends Topic {
  private static final TerminalSize SIZE = new TerminalSize(132, 50);

  TerminalTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @BeforeEach
  void needsTerminals() {
    needs(Feature.TERMINAL);
  }

  @Test
  void everyStreamIsTheTerminal() {
    ExecResult result = onTerminal("for i in 0 1 2; do test -t $i && echo tty; done; echo err >&2");

    assertThat(result.stdout()).isEqualTo("tty\r\ntty\r\ntty\r\nerr\r\n");
    assertThat(result.stderr()).isEmpty();
  }

  @Test
  void withoutATerminalNoStreamIsOne() {
    assertThat(sh("for i in 0 1 2; do test -t $i && echo tty; done; echo none").stdout())
        .isEqualTo("none\n");
  }

  @Test
  void itHasTheSizeItWasGiven() {
    assertThat(onTerminal("stty size").stdout()).isEqualTo("50 132\r\n");
  }

  @Test
  void itCanBeResized() {
    String line = "trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.02; done";
    try (RunningCommand running = start(line)) {
      awaitText(running, "ready");
      running.resize(new TerminalSize(90, 31));
      awaitText(running, "31 90");
      assertThat(running.waitFor().exitCode()).isZero();
    }
  }

  @Test
  void itControlsTheCommand() {
    assertThat(onTerminal("echo to the terminal > /dev/tty").stdout())
        .isEqualTo("to the terminal\r\n");
  }

  @Test
  void controlCInterrupts() throws IOException {
    try (RunningCommand running = start("echo ready; exec sleep 1000")) {
      awaitText(running, "ready");
      running.stdin().write(3);
      running.stdin().flush();
      assertThat(running.waitFor(Suite.LIMIT).orElseThrow().exitCode()).isEqualTo(130);
    }
  }

  @Test
  void controlDIsTheEndOfInput() throws IOException {
    try (RunningCommand running = start("stty -echo; echo ready; cat; echo over")) {
      awaitText(running, "ready");
      running.stdin().write("typed\n\4".getBytes(UTF_8));
      awaitText(running, "over");
      assertThat(running.waitFor().exitCode()).isZero();
    }
  }

  @Test
  void whatIsTypedIsEchoed() throws IOException {
    try (RunningCommand running = start("read x; exit 3")) {
      running.stdin().write("é typed\n".getBytes(UTF_8));
      awaitText(running, "é typed");
      assertThat(running.waitFor().exitCode()).isEqualTo(3);
    }
  }

  @Test
  void muchOutputIsComplete() {
    ExecResult result = onTerminal("seq 1 20000; exit 2");

    assertThat(result.stdout().lines()).hasSize(20_000).endsWith("20000");
    assertThat(result.exitCode()).isEqualTo(2);
  }

  private ExecResult onTerminal(String line) {
    return sandbox().exec(Command.shellBuilder(line).terminal(SIZE).build());
  }

  private RunningCommand start(String line) {
    return sandbox().start(Command.shellBuilder(line).terminal(SIZE).build());
  }

  private static void awaitText(RunningCommand running, String text) {
    StringBuilder seen = new StringBuilder();
    while (seen.indexOf(text) < 0) {
      Optional<OutputChunk> chunk = running.take();
      assertThat(chunk).as("'%s' after '%s'", text, seen).isPresent();
      seen.append(chunk.orElseThrow().text());
    }
  }
}
