package dev.dunes.sandbox.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.Signal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * What becomes of a command and all its descendants: timeouts, signals, closing, going on in the
 * background.
 */
abstract class ProcessTreeTopic extends Topic {
  /**
   * Descendants that leave: a background child, a new session, a daemon that forked twice, one that
   * ignores signals.
   */
  private static final String TREE =
      """
      sleep 1000 &
      setsid sleep 1000 &
      (setsid sh -c 'sleep 1000 & exec sleep 1000' &)
      (trap '' HUP INT TERM; setsid sleep 1000 </dev/null >/dev/null 2>&1 &)
      echo ready
      """;

  /** How many processes that is, with the {@code sleep} every test ends it by. */
  private static final int TREE_SIZE = 6;

  ProcessTreeTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @Test
  void theProbeSeesWhatRuns() throws Exception {
    String cookie = Suite.unique();
    try (RunningCommand running =
        sandbox().start(marked(cookie, TREE + "exec sleep 1000").build())) {
      awaitReady(running);
      Suite.eventually("all are seen", () -> alive(sandbox(), cookie) == TREE_SIZE);
    }
    awaitNone(sandbox(), cookie);
  }

  @Test
  void atItsTimeoutACommandDiesWithAllItsDescendantsAndItsOutputIsKept() {
    String cookie = Suite.unique();
    Command command =
        marked(cookie, TREE + "echo err >&2; exec sleep 1000")
            .timeout(Duration.ofSeconds(2))
            .build();

    ExecResult result = sandbox().exec(command);

    assertThat(result.timedOut()).isTrue();
    assertThat(result.exitCode()).isEqualTo(-1);
    assertThat(result.success()).isFalse();
    assertThat(result.stdout()).isEqualTo("ready\n");
    assertThat(result.stderr()).isEqualTo("err\n");
    assertThat(result.duration()).isGreaterThanOrEqualTo(Duration.ofMillis(1900));
    awaitNone(sandbox(), cookie);
  }

  @Test
  void aTimeoutCannotBeIgnored() {
    Command command =
        Command.shellBuilder("trap '' TERM INT HUP QUIT; while :; do :; done")
            .timeout(Duration.ofMillis(300))
            .build();

    assertThat(sandbox().exec(command).timedOut()).isTrue();
  }

  @Test
  void aTimeoutHoldsWhileNobodyReads() throws Exception {
    Command command = Command.shellBuilder("yes").timeout(Duration.ofMillis(500)).build();
    try (RunningCommand running = sandbox().start(command)) {
      CommandExit exit = running.waitFor(Suite.LIMIT).orElseThrow();
      assertThat(exit.timedOut()).isTrue();
    }
  }

  @Test
  void aBackgroundChildNeitherDelaysTheEndNorDies() {
    String cookie = Suite.unique();

    ExecResult result = sandbox().exec(marked(cookie, "sleep 1000 & echo done").build());

    assertThat(result.stdout()).isEqualTo("done\n");
    assertThat(result.exitCode()).isZero();
    assertThat(alive(sandbox(), cookie)).isEqualTo(1);
    sh(
        "for p in /proc/[0-9]*; do grep -qs %s $p/environ && kill -9 ${p#/proc/}; done; true"
            .formatted(cookie));
    awaitNone(sandbox(), cookie);
  }

  @Test
  void closingACommandEndsItWithAllItsDescendants() throws Exception {
    String cookie = Suite.unique();
    RunningCommand running = sandbox().start(marked(cookie, TREE + "exec sleep 1000").build());
    awaitReady(running);

    running.close();
    running.close();

    awaitNone(sandbox(), cookie);
  }

  @Test
  void anInterruptEndsTheCommand() throws Exception {
    String cookie = Suite.unique();
    Sandbox sandbox = sandbox();
    CountDownLatch done = new CountDownLatch(1);
    FutureTask<Boolean> call =
        new FutureTask<>(() -> {
          try {
            assertThatThrownBy(() -> sandbox.exec(marked(cookie, "sleep 1000").build()))
                .isInstanceOf(SandboxInterruptedException.class);
            return Thread.currentThread().isInterrupted();
          } finally {
            done.countDown();
          }
        });
    Thread caller = Thread.ofVirtual().start(call);
    Suite.eventually("the command runs", () -> alive(sandbox, cookie) > 0);

    caller.interrupt();

    assertThat(done.await(Suite.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(call.get()).as("the interrupt is kept").isTrue();
    awaitNone(sandbox, cookie);
    assertThat(sh("echo still usable").success()).isTrue();
  }

  @Test
  void aSignalReachesTheCommandItself() throws Exception {
    Command command =
        Command.shell("trap 'echo got it; exit 5' USR1; echo ready; while :; do sleep 0.02; done");
    try (RunningCommand running = sandbox().start(command)) {
      awaitReady(running);
      assertThat(running.pid().orElse(1)).isPositive();
      running.signal(Signal.USR1);
      assertThat(rest(running)).isEqualTo("got it\n");
      assertThat(running.waitFor().exitCode()).isEqualTo(5);
    }
  }

  @Test
  void aSignalReachesTheWholeTree() throws Exception {
    String cookie = Suite.unique();
    try (RunningCommand running =
        sandbox().start(marked(cookie, TREE + "exec sleep 1000").build())) {
      awaitReady(running);
      // a signal reaches those that are there when it is sent
      Suite.eventually("all are there", () -> alive(sandbox(), cookie) == TREE_SIZE);
      running.signalTree(Signal.KILL);
      assertThat(running.waitFor(Suite.LIMIT).orElseThrow().exitCode()).isEqualTo(137);
    }
    awaitNone(sandbox(), cookie);
  }

  @Test
  void aStoppedCommandCanGoOn() throws Exception {
    try (RunningCommand running =
        sandbox().start(Command.shell("echo ready; kill -STOP $$; echo again; exit 6"))) {
      awaitReady(running);
      Suite.eventually(
          "it is stopped",
          () -> sh("grep -q 'State:.T' /proc/%d/status".formatted(pid(running))).success());
      running.signal(Signal.CONT);
      assertThat(rest(running)).isEqualTo("again\n");
      assertThat(running.waitFor().exitCode()).isEqualTo(6);
    }
  }

  @Test
  void afterTheEndSignalsAndClosingDoNothing() {
    try (RunningCommand running = sandbox().start(Command.of("true"))) {
      assertThat(running.waitFor(Suite.LIMIT).orElseThrow().exitCode()).isZero();
      assertThat(running.isRunning()).isFalse();
      running.signal(Signal.KILL);
      running.signalTree(Signal.KILL);
      assertThat(running.waitFor().exitCode()).isZero();
    }
  }

  @Test
  void waitingForACommandThatRunsCanBeLimited() throws Exception {
    try (RunningCommand running = sandbox().start(Command.builder("cat").openStdin().build())) {
      assertThat(running.waitFor(Duration.ofMillis(20))).isEmpty();
      assertThat(running.isRunning()).isTrue();
      running.stdin().close();
      assertThat(running.waitFor(Suite.LIMIT).orElseThrow().exitCode()).isZero();
    }
  }

  @Test
  void aDetachedCommandGoesOnWithoutItsStarter() {
    needs(Feature.DETACHED_COMMANDS);
    String directory = directory();
    String cookie = Suite.unique();
    Command command =
        marked(cookie, "echo started; while [ ! -e go ]; do sleep 0.02; done; echo ran > ran")
            .workingDir(sh("pwd").stdout().strip() + "/" + directory)
            .detached()
            .build();
    Sandbox starter = suite().provider().get(sandbox().id()).orElseThrow();
    try (starter) {
      assertThat(starter.start(command).take().map(OutputChunk::text)).contains("started\n");
    }

    files().write(directory + "/go", "");

    Suite.eventually("it went on", () -> files().exists(directory + "/ran"));
    awaitNone(sandbox(), cookie);
  }

  @Test
  void whatIsNotDetachedEndsWithItsStarter() {
    String cookie = Suite.unique();
    Sandbox starter = suite().provider().get(sandbox().id()).orElseThrow();
    try (starter) {
      RunningCommand running = starter.start(marked(cookie, TREE + "exec sleep 1000").build());
      awaitReady(running);
    }
    awaitNone(sandbox(), cookie);
  }

  @Test
  void aForkBombOfShortLivedProcessesDiesWithItsCommand() {
    String cookie = Suite.unique();
    Command command =
        marked(cookie, "f() { (sleep 0.01; f) & }; f; f; f; echo ready; while :; do sleep 1; done")
            .timeout(Duration.ofSeconds(1))
            .build();

    assertThat(sandbox().exec(command).timedOut()).isTrue();

    awaitNone(sandbox(), cookie);
  }

  private static long pid(RunningCommand running) {
    return running.pid().orElseThrow(() -> new AssertionError("this provider knows no pids"));
  }

  private static void awaitReady(RunningCommand running) {
    assertThat(running.take().map(OutputChunk::text)).contains("ready\n");
  }

  private static String rest(RunningCommand running) {
    StringBuilder text = new StringBuilder();
    try {
      for (Optional<OutputChunk> chunk = running.take();
          chunk.isPresent();
          chunk = running.take()) {
        text.append(chunk.get().text());
      }
    } catch (SandboxException e) {
      throw new AssertionError("output broke off after '" + text + "'", e);
    }
    return text.toString();
  }
}
