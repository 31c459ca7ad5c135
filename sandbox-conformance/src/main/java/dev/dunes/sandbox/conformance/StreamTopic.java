package dev.dunes.sandbox.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.ExecStream;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Bytes in and out of commands. */
abstract class StreamTopic extends Topic {
  private static final int TEN_MEGABYTES = 10 << 20;

  StreamTopic(Supplier<Suite> suite) {
    super(suite);
  }

  // ---- out ----

  @Test
  void tenMegabytesOnBothChannelsAtOnceArriveExactly() {
    String file = directory() + "/random";
    sh("head -c %d /dev/urandom > %s".formatted(TEN_MEGABYTES, file));

    ExecResult result = sh("cat %1$s & cat %1$s >&2; wait".formatted(file));

    String expected = sh("sha256sum < " + file).stdout().substring(0, 64);
    assertThat(result.stdoutBytes()).hasSize(TEN_MEGABYTES);
    assertThat(Hashes.sha256(result.stdoutBytes())).isEqualTo(expected);
    assertThat(Hashes.sha256(result.stderrBytes())).isEqualTo(expected);
    assertThat(result.truncated()).isFalse();
  }

  @Test
  void outputBeyondTheLimitIsDroppedAndReported() {
    ExecResult cut =
        sandbox()
            .exec(
                Command.shellBuilder("printf 0123456789abc; printf x >&2").outputLimit(10).build());
    assertThat(cut.stdout()).isEqualTo("0123456789");
    assertThat(cut.stderr()).isEqualTo("x");
    assertThat(cut.truncated()).isTrue();

    ExecResult whole =
        sandbox().exec(Command.shellBuilder("printf 0123456789").outputLimit(10).build());
    assertThat(whole.stdout()).isEqualTo("0123456789");
    assertThat(whole.truncated()).isFalse();

    ExecResult none =
        sandbox()
            .exec(Command.shellBuilder("head -c 5000000 /dev/zero; exit 3").outputLimit(0).build());
    assertThat(none.stdoutBytes()).isEmpty();
    assertThat(none.truncated()).isTrue();
    assertThat(none.exitCode()).isEqualTo(3);
  }

  @Test
  void outputThatIsNoTextIsKept() {
    ExecResult result = sh("printf '\\377\\376\\000x'");

    assertThat(result.stdoutBytes()).containsExactly(0xFF, 0xFE, 0x00, 'x');
    assertThat(result.stdout()).isEqualTo("\uFFFD\uFFFD\0x");
  }

  @Test
  void theFirstOutputComesBeforeTheCommandEnds() throws IOException {
    Command command =
        Command.shellBuilder("echo first; read answer; echo \"got $answer\"; exit 9")
            .openStdin()
            .build();
    try (RunningCommand running = sandbox().start(command)) {
      // the command cannot end before it gets what is written only after its first output was seen
      assertThat(running.take().map(OutputChunk::text)).contains("first\n");
      assertThat(running.isRunning()).isTrue();
      running.stdin().write("it\n".getBytes(UTF_8));
      running.stdin().flush();
      assertThat(running.take().map(OutputChunk::text)).contains("got it\n");
      assertThat(running.take()).isEmpty();
      assertThat(running.waitFor().exitCode()).isEqualTo(9);
    }
  }

  @Test
  void aStreamGivesChunksWithTheirChannelAndThenTheExit() {
    List<String> seen = new ArrayList<>();
    try (ExecStream stream = sandbox().stream("echo out; sleep 0.05; echo err >&2; exit 4")) {
      for (OutputChunk chunk : stream) {
        seen.add(chunk.channel() + " " + chunk.text());
      }
      assertThat(stream.result().exitCode()).isEqualTo(4);
    }
    assertThat(seen)
        .containsExactlyInAnyOrder(Channel.STDOUT + " out\n", Channel.STDERR + " err\n");
  }

  @Test
  void aStreamClosedEarlyStopsTheCommand() {
    String cookie = Suite.unique();
    try (ExecStream stream =
        sandbox().stream(marked(cookie, "echo first; exec sleep 1000").build())) {
      Iterator<OutputChunk> chunks = stream.iterator();
      assertThat(chunks.next().text()).isEqualTo("first\n");
    }
    awaitNone(sandbox(), cookie);
  }

  @Test
  void aStreamOfEndlessOutputCanBeClosed() {
    String cookie = Suite.unique();
    try (ExecStream stream = sandbox().stream(marked(cookie, "exec yes").build())) {
      assertThat(stream.iterator().next().text()).startsWith("y\n");
    }
    awaitNone(sandbox(), cookie);
  }

  @Test
  void outputNobodyReadsHoldsUpNobodyElse() {
    String cookie = Suite.unique();
    try (RunningCommand unread = sandbox().start(marked(cookie, "exec yes").build())) {
      for (int i = 0; i < 5; i++) {
        assertThat(sh("head -c 1000000 /dev/zero").stdoutBytes()).hasSize(1_000_000);
      }
      assertThat(unread.isRunning()).isTrue();
    }
    awaitNone(sandbox(), cookie);
  }

  @Test
  void channelsCanBeReadAsStreams() throws IOException {
    Command command = Command.shellBuilder("cat; echo end >&2").openStdin().build();
    try (RunningCommand running = sandbox().start(command)) {
      BufferedReader out = new BufferedReader(new InputStreamReader(running.stdout(), UTF_8));
      OutputStream in = running.stdin();
      for (int i = 0; i < 100; i++) {
        in.write(("line " + i + "\n").getBytes(UTF_8));
        in.flush();
        assertThat(out.readLine()).isEqualTo("line " + i);
      }
      in.close();
      assertThat(out.readLine()).isNull();
      assertThat(running.stderr().readAllBytes()).isEqualTo("end\n".getBytes(UTF_8));
      assertThat(running.waitFor().exitCode()).isZero();
    }
  }

  @Test
  void aCommandThatClosesItsOutputGoesOn() {
    assertThat(sh("exec >&- 2>&-; read x </dev/null; exit 4").exitCode()).isEqualTo(4);
  }

  // ---- in ----

  @Test
  void everyByteGoesInAndComesBack() {
    Command command = Command.builder("cat").input(Hashes.all256()).build();

    assertThat(sandbox().exec(command).stdoutBytes()).isEqualTo(Hashes.all256());
  }

  @Test
  void largeInputGoesInAndComesBack() {
    byte[] bytes = Hashes.bytes(TEN_MEGABYTES, 1);

    ExecResult result = sandbox().exec(Command.builder("cat").input(bytes).build());

    assertThat(Hashes.sha256(result.stdoutBytes())).isEqualTo(Hashes.sha256(bytes));
  }

  @Test
  void emptyInputIsTheEnd() {
    assertThat(sandbox().exec(Command.builder("cat").input(new byte[0]).build()).stdoutBytes())
        .isEmpty();
  }

  @Test
  void withoutInputThereIsNothingToRead() {
    assertThat(sh("cat; readlink /proc/self/fd/0").stdout()).isEqualTo("/dev/null\n");
  }

  @Test
  void inputNobodyReadsIsNoFailure() {
    Command command = Command.builder("true").input(Hashes.bytes(TEN_MEGABYTES, 2)).build();

    assertThat(sandbox().exec(command).exitCode()).isZero();
  }

  @Test
  void writingWithoutAnInputFails() {
    try (RunningCommand running = sandbox().start(Command.shell("sleep 0.1"))) {
      assertThatThrownBy(() -> running.stdin().write(1)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void writingToACommandThatHasEndedFails() {
    try (RunningCommand running = sandbox().start(Command.builder("true").openStdin().build())) {
      running.waitFor();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  running.stdin().write(new byte[1 << 16]);
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void writingAfterClosingFails() throws IOException {
    try (RunningCommand running = sandbox().start(Command.builder("cat").openStdin().build())) {
      running.stdin().close();
      running.stdin().close();
      assertThatThrownBy(() -> running.stdin().write(1)).isInstanceOf(IOException.class);
      assertThat(running.waitFor().exitCode()).isZero();
    }
  }

  // ---- many ----

  @Test
  void twentyCommandsRunAtOnce() throws IOException {
    List<RunningCommand> all = new ArrayList<>();
    try {
      for (int i = 0; i < 20; i++) {
        all.add(
            sandbox().start(Command.shellBuilder("echo up; read x; echo $x").openStdin().build()));
      }
      for (RunningCommand each : all) { // all are up before the first is let go
        assertThat(each.take().map(OutputChunk::text)).contains("up\n");
      }
      for (int i = 0; i < all.size(); i++) {
        all.get(i).stdin().write((i + "\n").getBytes(UTF_8));
      }
      for (int i = all.size() - 1; i >= 0; i--) {
        assertThat(all.get(i).take().map(OutputChunk::text)).contains(i + "\n");
        assertThat(all.get(i).waitFor().exitCode()).isZero();
      }
    } finally {
      all.forEach(RunningCommand::close);
    }
  }

  @Test
  void hundredsOfShortCommandsLeaveNothing() {
    String cookie = Suite.unique();
    for (int i = 0; i < 200; i++) {
      assertThat(sandbox().exec(Command.builder("true").env("COOKIE", cookie).build()).success())
          .isTrue();
    }
    awaitNone(sandbox(), cookie);
  }
}
