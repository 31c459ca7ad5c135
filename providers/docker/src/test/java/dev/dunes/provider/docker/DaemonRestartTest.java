package dev.dunes.provider.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.guest.ProcessIdentity;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A daemon that is restarted, or killed and started, under live sandboxes: what is lost is said to
 * be, what is there goes on, and nothing is left.
 */
@Timeout(180)
@Execution(ExecutionMode.SAME_THREAD) // a dockerd each
@EnabledIf(value = OwnDaemon.USABLE, disabledReason = OwnDaemon.REASON)
class DaemonRestartTest {
  private static final String LIVE_RESTORE = "--live-restore";
  private static final String START = "POST /containers/[^/]+/start";
  private static final String COMMIT = "POST /commit.*";
  private static final SandboxSpec SPEC =
      SandboxSpec.builder().label("of", "restart").lifetime(Duration.ofMinutes(10)).build();
  private static final SandboxSpec DETACHED = SPEC.toBuilder().detached(true).build();
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path state;

  private SandboxProvider open(OwnDaemon daemon, String... more) {
    return new DockerSandboxProviderFactory().open(daemon.settings(state, more));
  }

  private static void saysThatItWasLost(ThrowingCallable call, Sandbox sandbox) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ProviderException.class,
            thrown -> {
              assertThat(thrown).hasMessageStartingWith("docker: ");
              assertThat(thrown).hasMessageContaining(sandbox.id());
              assertThat(thrown.provider()).contains("docker");
              assertThat(thrown.sandboxId()).contains(sandbox.id());
              assertThat(thrown.remedy()).isPresent();
            });
  }

  private static void saysThatTheDaemonIsAway(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ProviderException.class,
            thrown -> {
              assertThat(thrown).hasMessageContaining("cannot be reached");
              assertThat(thrown.provider()).contains("docker");
              assertThat(thrown.remedy()).isPresent();
            });
  }

  private static void isGone(Sandbox sandbox) {
    assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxNotFoundException.class);
    assertThatThrownBy(() -> sandbox.files().readText("/etc/none"))
        .isInstanceOf(SandboxNotFoundException.class);
    assertThatThrownBy(sandbox::snapshot).isInstanceOf(SandboxNotFoundException.class);
    assertThat(sandbox.state()).isEqualTo(SandboxState.TERMINATED);
  }

  private void nothingIsLeft(OwnDaemon daemon, ProcessIdentity... processes) throws IOException {
    assertThat(daemon.left()).isEmpty();
    for (ProcessIdentity each : processes) {
      assertThat(each.awaitEnd(LIMIT)).as("a sandbox's first process has ended").isTrue();
    }
    try (Stream<Path> entries = Files.list(state.resolve("docker"))) {
      assertThat(entries).isEmpty();
    }
  }

  private static void makesNewOnes(SandboxProvider provider) {
    try (Sandbox next = provider.create(SPEC)) {
      assertThat(next.exec("echo next").stdout()).isEqualTo("next\n");
    }
  }

  // ---- without live-restore it ends its containers ----

  @ParameterizedTest
  @CsvSource({"yes,false", "yes,true", "no,false", "no,true"})
  void aSandboxEndsWithADaemonThatIsStopped(String shared, boolean detached) throws Exception {
    try (OwnDaemon daemon = OwnDaemon.begin()) {
      ProcessIdentity first;
      try (SandboxProvider provider = open(daemon, "docker_shared_files", shared);
          Sandbox sandbox = provider.create(detached ? DETACHED : SPEC)) {
        first = daemon.firstProcess(sandbox.id());
        try (RunningCommand running = sandbox.start(Command.shell("echo up; sleep 1000"))) {
          assertThat(running.take().orElseThrow().text()).isEqualTo("up\n");
          daemon.stop();
          saysThatItWasLost(running::waitFor, sandbox);
        }
        saysThatTheDaemonIsAway(() -> sandbox.exec("true"));
        saysThatTheDaemonIsAway(() -> provider.create(SPEC));

        daemon.start();
        isGone(sandbox);
        makesNewOnes(provider);
        assertThat(provider.list(Map.of())).isEmpty();
      }
      nothingIsLeft(daemon, first);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "no"})
  void aSandboxEndsWhenADaemonThatWasKilledIsBack(String shared) throws Exception {
    try (OwnDaemon daemon = OwnDaemon.begin()) {
      ProcessIdentity first;
      try (SandboxProvider provider = open(daemon, "docker_shared_files", shared);
          Sandbox sandbox = provider.create(DETACHED)) {
        first = daemon.firstProcess(sandbox.id());
        try (RunningCommand running =
            sandbox.start(Command.shell("while :; do echo on; sleep 0.1; done"))) {
          assertThat(running.take().orElseThrow().text()).startsWith("on\n");
          daemon.kill();
          if (shared.equals("yes")) {
            for (int i = 0; i < 50; i++) { // more than was on its way
              assertThat(running.take().orElseThrow().text()).startsWith("on\n");
            }
          }
          daemon.start();
          saysThatItWasLost(running::waitFor, sandbox);
        }
        isGone(sandbox);
        makesNewOnes(provider);
        assertThat(provider.list(Map.of())).isEmpty();
      }
      nothingIsLeft(daemon, first);
    }
  }

  @Test
  void onesThatWerePausedAreGoneAndSaidToBe() throws Exception {
    try (OwnDaemon daemon = OwnDaemon.begin()) {
      ProcessIdentity first;
      try (SandboxProvider provider = open(daemon);
          Sandbox sandbox = provider.create(SPEC)) {
        first = daemon.firstProcess(sandbox.id());
        Pausing pausing = sandbox.pausing().orElseThrow();
        pausing.pause();
        daemon.stop();
        daemon.start();

        isGone(sandbox);
        assertThatThrownBy(pausing::resume).isInstanceOf(SandboxNotFoundException.class);
        assertThat(provider.list(Map.of())).isEmpty();
      }
      nothingIsLeft(daemon, first);
    }
  }

  // ---- with live-restore they go on ----

  @ParameterizedTest
  @CsvSource({"yes,false,false", "yes,true,true", "no,true,false", "no,true,true"})
  void aSandboxOutlivesItsDaemonWithLiveRestore(String shared, boolean detached, boolean killed)
      throws Exception {
    try (OwnDaemon daemon = OwnDaemon.begin(LIVE_RESTORE)) {
      ProcessIdentity first;
      try (SandboxProvider provider = open(daemon, "docker_shared_files", shared);
          Sandbox sandbox = provider.create(detached ? DETACHED : SPEC)) {
        first = daemon.firstProcess(sandbox.id());
        sandbox.files().write("/kept", "as it was");
        end(daemon, killed);
        if (shared.equals("yes")) {
          assertThat(sandbox.exec("echo still").stdout()).isEqualTo("still\n");
        } else {
          assertThatThrownBy(() -> sandbox.exec("true")) // lost, or away
              .isInstanceOfSatisfying(
                  ProviderException.class,
                  thrown -> {
                    assertThat(thrown.provider()).contains("docker");
                    assertThat(thrown.remedy()).isPresent();
                  });
        }
        daemon.start();

        assertThat(sandbox.exec("cat /kept").stdout()).isEqualTo("as it was");
        assertThat(sandbox.state()).isEqualTo(SandboxState.RUNNING);
        try (SandboxProvider other = open(daemon, "docker_shared_files", shared)) {
          Sandbox again = other.get(sandbox.id()).orElseThrow();
          assertThat(again.files().readText("/kept")).isEqualTo("as it was");
          again.close();
        }
        assertThat(sandbox.destroy()).isTrue();
      }
      nothingIsLeft(daemon, first);
    }
  }

  private static void end(OwnDaemon daemon, boolean killed) throws Exception {
    if (killed) {
      daemon.kill();
    } else {
      daemon.stop();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void onesThatArePausedStaySo(boolean killed) throws Exception {
    try (OwnDaemon daemon = OwnDaemon.begin(LIVE_RESTORE)) {
      ProcessIdentity first;
      try (SandboxProvider provider = open(daemon);
          Sandbox sandbox = provider.create(SPEC)) {
        first = daemon.firstProcess(sandbox.id());
        sandbox.pausing().orElseThrow().pause();
        end(daemon, killed);
        daemon.start();

        assertThat(sandbox.state()).isEqualTo(SandboxState.STOPPED);
        assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxStateException.class);
        sandbox.pausing().orElseThrow().resume();
        assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
      }
      nothingIsLeft(daemon, first);
    }
  }

  @Test
  void whatIsClosedWhileTheDaemonIsAwayIsRemovedWhenItIsBack() throws Exception {
    try (OwnDaemon daemon = OwnDaemon.begin(LIVE_RESTORE)) {
      SandboxProvider provider = open(daemon);
      Sandbox sandbox = provider.create(SPEC);
      ProcessIdentity first = daemon.firstProcess(sandbox.id());
      daemon.kill();
      saysThatTheDaemonIsAway(sandbox::close);
      assertThatThrownBy(provider::close)
          .isInstanceOfSatisfying(
              SandboxException.class, thrown -> assertThat(thrown.remedy()).isPresent());

      daemon.start();
      try (SandboxProvider next = open(daemon)) {
        assertThat(next.list(Map.of())).isEmpty();
        nothingIsLeft(daemon, first);
      }
    }
  }

  // ---- in the middle of something ----

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void oneThatIsBeingMadeIsNot(boolean started, boolean killed) throws Exception {
    Path between = state.resolve("between.sock");
    try (OwnDaemon daemon = OwnDaemon.begin(LIVE_RESTORE);
        FaultyDaemon faulty = FaultyDaemon.listen(between, daemon.socket());
        SandboxProvider provider = open(daemon, "docker_host", "unix://" + between)) {
      FaultyDaemon.Held held = faulty.hold(START, started);
      FutureTask<Throwable> making =
          new FutureTask<>(() -> Assertions.catchThrowable(() -> provider.create(SPEC)));
      Thread.ofVirtual().start(making);
      held.await();
      end(daemon, killed);
      held.cut();
      assertThat(making.get(60, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              ProviderException.class,
              thrown -> {
                assertThat(thrown.provider()).contains("docker");
                assertThat(thrown.remedy()).isPresent();
              });

      daemon.start();
      assertThat(provider.list(Map.of())).isEmpty();
      nothingIsLeft(daemon);
      makesNewOnes(provider);
    }
  }

  /** The daemon saved it, or had not begun. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSnapshotWhoseAnswerIsLostIsRemovedAndTheSandboxGoesOn(boolean done) throws Exception {
    Path between = state.resolve("between.sock");
    try (OwnDaemon daemon = OwnDaemon.begin(LIVE_RESTORE);
        FaultyDaemon faulty = FaultyDaemon.listen(between, daemon.socket());
        SandboxProvider provider = open(daemon, "docker_host", "unix://" + between)) {
      try (Sandbox sandbox = provider.create(SPEC)) {
        sandbox.files().write("/kept", "as it was");
        FaultyDaemon.Held held = faulty.hold(COMMIT, done);
        FutureTask<Throwable> taking =
            new FutureTask<>(() -> Assertions.catchThrowable(sandbox::snapshot));
        Thread.ofVirtual().start(taking);
        held.await();
        daemon.kill();
        held.cut();
        assertThat(taking.get(60, TimeUnit.SECONDS)).isInstanceOf(ProviderException.class);

        daemon.start();
        assertThat(daemon.left()).hasSize(done ? 2 : 1);
        assertThat(provider.list(Map.of())).hasSize(1);
        assertThat(daemon.left()).as("the image").hasSize(1);
        assertThat(sandbox.exec("cat /kept").stdout()).isEqualTo("as it was");
      }
      nothingIsLeft(daemon);
    }
  }

  /** It held the sandbox still and cannot let it go on any more. */
  @Test
  void aSandboxThatWasBeingSavedGoesOn() throws Exception {
    try (OwnDaemon daemon = OwnDaemon.begin(LIVE_RESTORE);
        SandboxProvider provider = open(daemon)) {
      try (Sandbox sandbox = provider.create(SPEC)) {
        String fill = "busybox dd if=/dev/zero of=/big bs=1048576 count=400";
        assertThat(sandbox.exec(fill).exitCode()).isZero();
        FutureTask<Throwable> taking =
            new FutureTask<>(() -> Assertions.catchThrowable(sandbox::snapshot));
        Thread.ofVirtual().start(taking);
        while (!daemon.container(sandbox.id()).path("State").path("Paused").asBoolean()) {
          assertThat(taking.isDone()).as("saved too soon").isFalse();
        }
        daemon.kill();
        assertThat(taking.get(60, TimeUnit.SECONDS)).isInstanceOf(ProviderException.class);

        daemon.start();
        assertThat(provider.list(Map.of())).hasSize(1);
        assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
        assertThat(daemon.left()).hasSize(1);
      }
      nothingIsLeft(daemon);
    }
  }

  // ---- its user ----

  /** Nobody but its note in the state directory knows of the image. */
  @Test
  void aSnapshotWhoseTakerWasKilledIsRemoved() throws Exception {
    Path between = state.resolve("between.sock");
    try (OwnDaemon daemon = OwnDaemon.begin();
        FaultyDaemon faulty = FaultyDaemon.listen(between, daemon.socket())) {
      FaultyDaemon.Held held = faulty.hold(COMMIT, true);
      Process taker = taker(between);
      held.await();
      taker.destroyForcibly();
      assertThat(taker.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(daemon.left()).filteredOn(each -> each.startsWith("image")).hasSize(1);

      try (SandboxProvider provider = open(daemon)) {
        assertThat(provider.list(Map.of())).isEmpty();
        nothingIsLeft(daemon);
        try (Sandbox sandbox = provider.create(SPEC)) {
          String kept = sandbox.snapshot().id();
          assertThat(provider.list(Map.of())).hasSize(1);
          assertThat(daemon.left()).as("one its taker has is nobody else's").hasSize(2);
          assertThat(provider.deleteSnapshot(kept)).isTrue();
        }
      }
      nothingIsLeft(daemon);
    }
  }

  private Process taker(Path between) throws IOException {
    List<String> line =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Taker.class.getName(),
            state.toString(),
            "unix://" + between);
    return new ProcessBuilder(line).inheritIO().start();
  }

  /** A program that takes a snapshot. */
  static final class Taker {
    public static void main(String[] args) {
      SandboxProvider provider =
          new DockerSandboxProviderFactory()
              .open(
                  TestDaemon.settings(
                      Path.of(args[0]),
                      "docker_host",
                      args[1],
                      "docker_image",
                      TestDaemon.TINY_IMAGE));
      System.out.println(provider.create(SPEC).snapshot());
    }
  }
}
