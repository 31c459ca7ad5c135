package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.guest.GuestBinary;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The process that forks launchers: faster than starting them, and gone with its program. */
class LaunchServerTest {
  /** The servers of one state directory, whose guest program they run. */
  private static List<ProcessHandle> servers(Local local) {
    return ProcessHandle.allProcesses().filter(each -> isServer(each, local)).toList();
  }

  private static boolean isServer(ProcessHandle process, Local local) {
    try {
      String line = Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
      return line.startsWith(local.state.toString()) && line.endsWith("\0launch\0--server\0");
    } catch (IOException e) {
      return false; // it has ended
    }
  }

  @Test
  void theSecondSandboxStartsTheServerAndTheProvidersEndEndsIt() {
    try (Local local = Local.open()) {
      SandboxProvider provider = local.another();
      try (Sandbox first = provider.create(dev.dunes.sandbox.SandboxSpec.DEFAULT)) {
        assertThat(Local.sh(first, "echo here")).isEqualTo("here");
        assertThat(servers(local)).isEmpty();
      }
      for (int i = 0; i < 2; i++) {
        try (Sandbox next = provider.create(dev.dunes.sandbox.SandboxSpec.DEFAULT)) {
          assertThat(Local.sh(next, "echo here")).isEqualTo("here");
          assertThat(servers(local)).hasSize(1);
        }
      }
      provider.close();
      assertThat(servers(local)).isEmpty();
    }
  }

  @Test
  void whenTheServerIsKilledItsSandboxesGoOnAndTheNextOneHasAnother() {
    try (Local local = Local.open();
        Sandbox first = local.create();
        Sandbox second = local.create()) {
      ProcessHandle server = servers(local).getFirst();
      server.destroyForcibly();
      server.onExit().join();
      for (Sandbox each : List.of(first, second)) {
        assertThat(Local.sh(each, "echo on")).isEqualTo("on");
      }
      Local.eventually(
          "another server",
          () -> {
            try (Sandbox next = local.create()) {
              return Local.sh(next, "echo new").equals("new");
            } catch (dev.dunes.sandbox.ProviderException e) {
              return false; // asked before its end was known
            }
          });
      assertThat(servers(local)).hasSize(1).doesNotContain(server);
    }
  }

  @Test
  void whatALauncherSaysIsInItsLogAndItsEndIsKnown() throws Exception {
    Path base = Local.temporary();
    try (LaunchServer server = LaunchServer.start(GuestBinary.install(base))) {
      Path log = base.resolve("log");
      List<String> wrong =
          List.of("--log", log.toString(), "--listen", base + "/none/s", "--", "/bin/true");
      LaunchedProcess failed = server.launch(wrong);
      assertThat(failed.listening()).isFalse();
      assertThat(failed.isAlive()).isFalse();
      assertThat(Files.readString(log)).contains("--listen", "No such file");

      LaunchedProcess lasting = server.launch(List.of("--", "/bin/sleep", "1000"));
      assertThat(lasting.listening()).isTrue();
      assertThat(ProcessHandle.of(lasting.pid())).isPresent();
      lasting.kill();
      Local.eventually("its end", () -> !lasting.isAlive());
    } finally {
      Local.run("rm", "-rf", base.toString());
    }
  }

  @Test
  void manyAtOnceGetTheirOwnAnswers() throws Exception {
    Path base = Local.temporary();
    try (LaunchServer server = LaunchServer.start(GuestBinary.install(base))) {
      List<Thread> threads =
          Stream.generate(() -> "x")
              .limit(50)
              .map(each -> Thread.ofVirtual().unstarted(() -> launchOne(server, base)))
              .toList();
      threads.forEach(Thread::start);
      for (Thread each : threads) {
        each.join();
      }
      try (Stream<Path> done = Files.list(base.resolve("done"))) {
        assertThat(done).hasSize(50);
      }
    } finally {
      Local.run("rm", "-rf", base.toString());
    }
  }

  private static void launchOne(LaunchServer server, Path base) {
    try {
      Path done = Files.createDirectories(base.resolve("done"));
      String line = "echo $$ > %s/$$".formatted(done);
      LaunchedProcess made = server.launch(List.of("--", "/bin/sh", "-c", line));
      assertThat(made.listening()).isTrue();
      Local.eventually("the end of " + made.pid(), () -> !made.isAlive());
      assertThat(done.resolve(Long.toString(made.pid()))).exists();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
