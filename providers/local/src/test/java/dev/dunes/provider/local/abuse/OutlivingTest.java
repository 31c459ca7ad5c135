package dev.dunes.provider.local.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxTimeoutException;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Whatever a sandbox does to stay, and whatever happens to its guest, nothing of it is left after
 * its end.
 */
@Execution(ExecutionMode.CONCURRENT)
class OutlivingTest {
  private final Ground ground = Ground.open(runtime());

  /** What builds the sandboxes. */
  String runtime() {
    return "bwrap";
  }

  @AfterEach
  void close() {
    ground.close();
  }

  private void assertNothingIsLeft(Path directory, String id) {
    Ground.eventually(
        "no process is left",
        () -> HostProcesses.with(ground.marker).isEmpty() && HostProcesses.with(id).isEmpty());
    assertThat(directory).doesNotExist();
    assertThat(cgroups(id)).as("cgroups").isEmpty();
  }

  private static String cgroups(String id) {
    return Ground.run(
        List.of(
            "sh",
            "-c",
            "find /sys/fs/cgroup -maxdepth 4 -type d -name '*-" + id + "' 2>/dev/null"));
  }

  /** Every way to become a daemon at once. The arguments carry a marker the host can find. */
  private String daemons() {
    return """
    import os, signal, subprocess, time
    marker = '%s'
    wait = 'import signal\\nfor s in (1, 2, 3, 15): signal.signal(s, signal.SIG_IGN)\\nwhile True: signal.pause()'
    def again(*before):
        subprocess.Popen([*before, '/usr/bin/python3', '-I', '-c', wait, marker], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    again()
    again('setsid')
    again('nohup')
    again('setsid', '--fork')
    again('sh', '-c', '("$@" &) &', 'sh')
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setpgid(0, 0)
            again()
        os._exit(0)
    """
        .formatted(ground.marker);
  }

  @Test
  void daemonsEndWithTheSandbox() throws IOException {
    Sandbox sandbox = ground.create();
    Path directory = ground.directory(sandbox);
    int uid = (int) Files.getAttribute(ground.upper(sandbox, "workspace"), "unix:uid");
    Ground.said(sandbox.exec(Command.of(Ground.PYTHON, "-I", "-c", daemons())));
    Ground.eventually(
        "control: all six run, and the host sees them",
        () -> HostProcesses.with(ground.marker).size() >= 6);
    assertThat(sandbox.destroy()).isTrue();
    assertNothingIsLeft(directory, sandbox.id());
    if (Ground.root()) {
      Ground.eventually("no process of its user is left", () -> HostProcesses.of(uid).isEmpty());
    }
    assertThat(sandbox.destroy()).as("again").isFalse();
    assertThat(sandbox.state()).isEqualTo(SandboxState.TERMINATED);
    assertThatExceptionOfType(SandboxException.class).isThrownBy(() -> sandbox.exec("true"));
  }

  @Test
  void daemonsOfATimedOutCommandEndWithIt() {
    try (Sandbox sandbox = ground.create()) {
      String stay = daemons() + "\nprint('all', flush=True)\nsignal.pause()\n";
      var result =
          sandbox.exec(
              Command.builder(Ground.PYTHON, "-I", "-c", stay)
                  .timeout(Duration.ofSeconds(2))
                  .build());
      assertThat(result.timedOut()).isTrue();
      assertThat(result.stdout()).as("control: they had started").isEqualTo("all\n");
      Ground.eventually("none is left", () -> HostProcesses.with(ground.marker).isEmpty());
      assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
    }
  }

  @Test
  void aCommandThatKillsAndStopsWhatIsAroundItOnlyHarmsItself() {
    try (Sandbox sandbox = ground.create()) {
      // its supervisor, then the guest, then everything it may signal
      Command attack =
          Command.shellBuilder("kill -9 $PPID; kill -9 1; kill -STOP 1; kill -9 -1")
              .timeout(Duration.ofSeconds(20))
              .build();
      assertThat(sandbox.exec(attack).timedOut()).isFalse();
      assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
      assertThat(sandbox.exec("sleep 1000 & kill -9 $!; wait $!; echo $?").stdout())
          .as("control: signals do reach")
          .isEqualTo("137\n");
    }
  }

  @Test
  void aKilledGuestEndsTheSandbox() throws IOException {
    try (SandboxProvider other = ground.another()) {
      Sandbox sandbox = ground.create(SandboxSpec.builder().detached(true));
      Path directory = ground.directory(sandbox);
      Ground.said(sandbox.exec(Command.of(Ground.PYTHON, "-I", "-c", daemons())));
      assertThat(other.get(sandbox.id())).as("control: it is known").isPresent();
      HostProcesses.signal("KILL", HostProcesses.guest(directory));
      assertThatExceptionOfType(SandboxException.class).isThrownBy(() -> sandbox.exec("true"));
      assertThatExceptionOfType(SandboxException.class)
          .isThrownBy(() -> sandbox.files().readText("/etc/hostname"));
      Ground.eventually("others see it gone", () -> other.get(sandbox.id()).isEmpty());
      assertThat(other.list(Map.of())).isEmpty();
    }
    // the next program cleans up without being asked
    try (SandboxProvider next = ground.another()) {
      next.list(Map.of());
      try (var left = Files.list(ground.state().resolve("local"))) {
        assertThat(left).isEmpty();
      }
    }
    Ground.eventually("no process is left", () -> HostProcesses.with(ground.marker).isEmpty());
  }

  @Test
  void aStoppedGuestMakesCallsTimeOutAndCanBeDestroyed() throws IOException {
    Sandbox sandbox = ground.create();
    Path directory = ground.directory(sandbox);
    Ground.said(sandbox.exec(Command.of(Ground.PYTHON, "-I", "-c", daemons())));
    sandbox.metrics();
    HostProcesses.signal("STOP", HostProcesses.guest(directory));
    assertThatExceptionOfType(SandboxTimeoutException.class).isThrownBy(sandbox::metrics);
    assertThat(sandbox.destroy()).isTrue();
    assertNothingIsLeft(directory, sandbox.id());
  }

  /** Its monitor outside the namespaces is not what holds a sandbox together. */
  @Test
  void aSandboxWhoseMonitorWasKilledCanBeDestroyed() throws IOException {
    Sandbox sandbox = ground.create();
    Path directory = ground.directory(sandbox);
    List<Long> monitors =
        HostProcesses.with(sandbox.id()).stream()
            .filter(pid -> pid != ProcessHandle.current().pid())
            .toList();
    assertThat(monitors).isNotEmpty();
    Ground.said(sandbox.exec(Command.of(Ground.PYTHON, "-I", "-c", daemons())));
    monitors.forEach(pid -> HostProcesses.signal("KILL", pid));
    sandbox.destroy();
    assertNothingIsLeft(directory, sandbox.id());
  }

  /** An interrupt may come between any two steps of a start. */
  @Test
  void interruptedStartsLeaveNothing() throws Exception {
    ground.create().close(); // what is made once is there
    int interrupted = 0;
    for (int i = 0; i < 40; i++) {
      Thread maker =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  ground.provider().create(SandboxSpec.DEFAULT).destroy();
                } catch (SandboxInterruptedException e) {
                  assertThat(e).isNotNull();
                } catch (SandboxException e) {
                  // an interrupt while something waits for a process shows as that thing's failure
                  assertThat(e.code()).isNotEmpty();
                }
              });
      LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(30_000_000));
      if (maker.isAlive()) {
        maker.interrupt();
        interrupted++;
      }
      maker.join();
    }
    assertThat(interrupted).as("control: some were caught").isPositive();
    try (SandboxProvider next = ground.another()) {
      next.list(Map.of());
    }
    Ground.eventually(
        "no process is left",
        () -> HostProcesses.with(ground.state().resolve("local").toString()).isEmpty());
    Ground.eventually(
        "no launcher is left but the server of them",
        () -> HostProcesses.with(ground.state().resolve("bin").toString()).size() <= 1);
    try (var left = Files.list(ground.state().resolve("local"))) {
      assertThat(left).isEmpty();
    }
  }
}
