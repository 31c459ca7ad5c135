package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.guest.ProcessIdentity;
import dev.dunes.guest.SandboxLock;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.guest.SandboxStore;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Whatever a program dies of, the next one that looks leaves nothing of its sandboxes behind. */
class LeftoversTest {
  /** Another program. */
  private static final class Other implements AutoCloseable {
    private final Process process;

    Other(Local local, String task) throws IOException {
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-XX:+UseSerialGC"));
      command.addAll(
          List.of(
              "-cp",
              System.getProperty("java.class.path"),
              LeftoversTest.class.getName(),
              local.state.toString(),
              task));
      process = new ProcessBuilder(command).redirectError(new File("/dev/null")).start();
    }

    String line() throws IOException {
      String line = process.inputReader().readLine();
      if (line == null) {
        throw new AssertionError("the other program ended");
      }
      return line;
    }

    void kill() throws InterruptedException {
      process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  /** What that program does: makes sandboxes, and then anything but closing them. */
  public static void main(String[] arguments) throws IOException {
    SandboxProvider provider =
        new LocalSandboxProviderFactory()
            .open(new ProviderSettings(Map.of("state_dir", arguments[0]), System.getenv()));
    SandboxSpec.Builder spec = SandboxSpec.builder().lifetime(Duration.ofMinutes(10));
    switch (arguments[1]) {
      case "hold" -> {
        System.out.println(
            provider.create(spec.build()).id()
                + " "
                + provider.create(spec.detached(true).build()).id());
        System.in.read();
      }
      case "storm" -> {
        System.out.println("go");
        while (true) {
          provider.create(spec.build()).destroy();
        }
      }
      default -> throw new IllegalArgumentException(arguments[1]);
    }
  }

  @Test
  void whatAKilledProgramOwnedIsGoneAndWhatItDetachedIsNot() throws Exception {
    try (Local local = Local.open();
        Other other = new Other(local, "hold")) {
      String[] ids = other.line().split(" ");
      ProcessIdentity guest =
          SandboxStore.open(settings(local), "local")
              .find(ids[0])
              .orElseThrow()
              .read()
              .orElseThrow()
              .guest()
              .orElseThrow();
      other.kill();
      try (SandboxProvider next = local.another()) {
        assertThat(next.list(Map.of())).extracting(info -> info.id()).containsExactly(ids[1]);
        assertThat(local.directory(ids[0])).doesNotExist();
        assertThat(guest.isAlive()).isFalse();
        Sandbox detached = next.get(ids[1]).orElseThrow();
        assertThat(Local.sh(detached, "echo here")).isEqualTo("here");
        assertThat(detached.destroy()).isTrue();
      }
    }
  }

  /** Whoever destroys does not wait for files to be deleted; whoever closes does. */
  @Test
  void whatWasDestroyedIsDeletedWhenTheProviderIsClosed() throws Exception {
    try (Local local = Local.open()) {
      try (SandboxProvider provider = local.another()) {
        for (int i = 0; i < 5; i++) {
          Sandbox sandbox = provider.create(SandboxSpec.DEFAULT);
          Local.sh(sandbox, "for i in $(seq 3000); do : > f$i; done");
          assertThat(sandbox.destroy()).isTrue();
          assertThat(sandbox.destroy()).as("again").isFalse();
          assertThat(local.directory(sandbox.id())).doesNotExist();
          assertThat(provider.get(sandbox.id())).isEmpty();
        }
      }
      assertThat(local.state.resolve("local")).isEmptyDirectory();
      assertThat(local.state.resolve("uids")).isEmptyDirectory();
    }
  }

  private static ProviderSettings settings(Local local) {
    return new ProviderSettings(Map.of("state_dir", local.state.toString()), System.getenv());
  }

  /**
   * Ended wherever it was: every stage of making and removing comes up sooner or later, and none
   * may leave anything.
   */
  @Test
  void aProgramKilledInTheMidstOfMakingAndRemovingLeavesNothing() throws Exception {
    try (Local local = Local.open()) {
      for (int i = 0; i < 5; i++) {
        try (Other other = new Other(local, "storm")) {
          other.line();
          int rounds = i;
          Local.eventually(
              "a sandbox of it",
              () -> Files.list(local.state.resolve("local")).count() > 0 || rounds > 100);
          java.util.concurrent.locks.LockSupport.parkNanos(
              1_300_000L * (i * 7 + 1)); // another stage each time; any will do
          other.kill();
        }
        try (SandboxProvider next = local.another()) {
          assertThat(next.list(Map.of())).isEmpty();
          assertThat(local.state.resolve("local")).isEmptyDirectory();
        }
      }
      Local.eventually(
          "nothing left",
          () -> {
            local.another().close();
            return local.traces().isEmpty();
          });
    }
  }

  @Test
  void aRecordThatCannotBeReadIsRemoved() throws IOException {
    try (Local local = Local.open();
        Sandbox sandbox = local.create(SandboxSpec.builder().detached(true))) {
      Files.writeString(local.directory(sandbox.id()).resolve("record"), "format=1\nid=rubbish");
      try (SandboxProvider next = local.another()) {
        assertThat(next.list(Map.of())).isEmpty();
        assertThat(local.directory(sandbox.id())).doesNotExist();
      }
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxException.class);
    }
  }

  @Test
  void twoStateDirectoriesLeaveEachOtherAlone() {
    try (Local one = Local.open();
        Local two = Local.open();
        Sandbox mine = one.create();
        Sandbox theirs = two.create()) {
      assertThat(one.provider.list(Map.of()))
          .extracting(info -> info.id())
          .containsExactly(mine.id());
      assertThat(one.provider.get(theirs.id())).isEmpty();
      assertThat(one.provider.destroy(theirs.id())).isFalse();
      one.another().close(); // a pass of the reaper
      assertThat(Local.sh(theirs, "echo here")).isEqualTo("here");
      if (Local.root()) {
        assertThat(mine.info().metadata().get("uid"))
            .isNotEqualTo(theirs.info().metadata().get("uid"));
      }
    }
  }

  @Test
  void aHundredAtOnce() throws Exception {
    try (Local local = Local.open();
        ExecutorService threads = Executors.newFixedThreadPool(100)) {
      Set<String> uids = new HashSet<>();
      List<Callable<Sandbox>> makers = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        makers.add(local::create);
      }
      List<Sandbox> sandboxes = new ArrayList<>();
      for (Future<Sandbox> each : threads.invokeAll(makers)) {
        sandboxes.add(each.get());
      }
      for (Sandbox each : sandboxes) {
        uids.add(each.info().metadata().get("uid"));
      }
      assertThat(uids).hasSize(Local.root() ? 100 : 1);
      List<Callable<Boolean>> enders =
          sandboxes.stream().<Callable<Boolean>>map(each -> each::destroy).toList();
      for (Future<Boolean> each : threads.invokeAll(enders)) {
        assertThat(each.get()).isTrue();
      }
      Local.eventually("all leases back", () -> local.traces().isEmpty());
    }
  }

  /** A directory without its lock yet looks like one that was left behind. */
  @Test
  void cleaningUpLeavesAloneWhatIsBeingMade() throws Exception {
    try (Local local = Local.open();
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      SandboxStore store = SandboxStore.open(settings(local), "local");
      AtomicBoolean done = new AtomicBoolean();
      Callable<Boolean> sweeping =
          () -> {
            while (!done.get()) {
              store.sweep();
            }
            return true;
          };
      List<Future<Boolean>> sweepers = List.of(threads.submit(sweeping), threads.submit(sweeping));
      try {
        for (int i = 0; i < 2000; i++) {
          SandboxRecord record =
              new SandboxRecord(SandboxStore.newId(), "local", SandboxSpec.DEFAULT, Instant.now());
          try (SandboxLock lock = store.create(record)) {
            lock.directory().delete();
          }
        }
      } finally {
        done.set(true);
      }
      for (Future<Boolean> each : sweepers) {
        assertThat(each.get()).isTrue();
      }
    }
  }

  @Test
  void aFullDiskIsSaidAndLeavesNoHalfMadeSandbox() throws IOException {
    Local.assumeRoot();
    Path base = Local.temporary();
    Path small = Files.createDirectory(base.resolve("small"));
    Local.run("mount", "-t", "tmpfs", "-o", "size=4m,mode=0711", "none", small.toString());
    try (SandboxProvider provider =
        new LocalSandboxProviderFactory()
            .open(new ProviderSettings(Map.of("state_dir", small.toString()), System.getenv()))) {
      provider.create(SandboxSpec.DEFAULT).close(); // what is made once is made
      ProcessBuilder fill = new ProcessBuilder("sh", "-c", "cat /dev/zero > " + small + "/fill");
      fill.redirectErrorStream(true).redirectOutput(new File("/dev/null")).start().onExit().join();
      assertThatThrownBy(() -> provider.create(SandboxSpec.DEFAULT))
          .isInstanceOf(SandboxQuotaException.class)
          .hasMessageContaining("full");
      assertThat(provider.list(Map.of())).isEmpty();
      try (var entries = Files.list(small.resolve("local"))) {
        assertThat(entries).isEmpty();
      }
      Files.delete(small.resolve("fill"));
      provider.create(SandboxSpec.DEFAULT).close();
    } finally {
      Local.run("umount", small.toString());
      Local.run("rm", "-rf", "--one-file-system", base.toString());
    }
  }

  @Test
  void theDeadlineEndsItAndCanBeMoved() {
    try (Local local = Local.open();
        Sandbox brief =
            local.provider.create(SandboxSpec.builder().lifetime(Duration.ofSeconds(1)).build());
        Sandbox renewed =
            local.provider.create(SandboxSpec.builder().lifetime(Duration.ofSeconds(1)).build())) {
      renewed.renew(Duration.ofMinutes(10));
      Local.eventually("the end of the brief one", () -> local.provider.get(brief.id()).isEmpty());
      assertThat(Local.sh(renewed, "echo here")).isEqualTo("here");
      assertThat(renewed.deadline().orElseThrow()).isAfter(Instant.now().plusSeconds(60));
    }
  }
}
