package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Snapshot;
import dev.dunes.sandbox.VolumeMount;
import dev.dunes.sandbox.spi.Check;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that several sandboxes share, and that outlive them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VolumeTest {
  private static final int SIZE_MB = 32;

  private Local local;

  @BeforeAll
  void open() {
    local = Local.open();
  }

  @AfterAll
  void close() {
    local.close();
  }

  private Path directory(String name) {
    return local.base.resolve("volume-" + name);
  }

  private static SandboxSpec.Builder with(Path volume, String target) {
    return SandboxSpec.builder().volume(new VolumeMount(volume, target, SIZE_MB));
  }

  @Test
  void whatOneSandboxWritesAnotherReadsAndChanges() {
    Path volume = directory("shared");
    try (Sandbox first = local.create(with(volume, "/mnt/data"))) {
      first.files().write("/mnt/data/deep/hello.txt", "one");
      try (Sandbox second = local.create(with(volume, "/data"))) {
        assertThat(second.files().readText("/data/deep/hello.txt")).isEqualTo("one");
        assertThat(Local.sh(second, "stat -c %u /data /data/deep/hello.txt; id -u"))
            .isEqualTo("1000\n1000\n1000");
        assertThat(second.exec("echo two >> /data/deep/hello.txt").success()).isTrue();
        assertThat(first.files().readText("/mnt/data/deep/hello.txt")).isEqualTo("onetwo\n");
        assertThat(Local.sh(first, "ls -A /mnt/data")).isEqualTo("deep");
      }
    }
    try (Sandbox later = local.create(with(volume, "/home/user/data"))) {
      assertThat(Local.sh(later, "cd ~; rm -r data/deep && echo three > data/x && cat data/x"))
          .isEqualTo("three");
    }
    assertThat(local.provider.deleteVolume(volume)).isTrue();
    assertThat(volume).doesNotExist();
    assertThat(local.provider.deleteVolume(volume)).isFalse();
  }

  @Test
  void manyAtOnceMountOneFileSystem() throws Exception {
    Path volume = directory("many");
    List<Sandbox> sandboxes = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Sandbox>> makers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        int number = i;
        makers.add(() -> {
          Sandbox made = local.create(with(volume, "/mnt/data"));
          made.files().write("/mnt/data/" + number, "x".repeat(100_000));
          return made;
        });
      }
      for (Future<Sandbox> each : threads.invokeAll(makers)) {
        sandboxes.add(each.get());
      }
      for (Sandbox each : sandboxes) {
        assertThat(Local.sh(each, "cat /mnt/data/? | wc -c; ls /mnt/data | wc -l"))
            .isEqualTo("600000\n6");
      }
      assertThat(devices(volume)).hasSizeLessThanOrEqualTo(1);
    } finally {
      sandboxes.forEach(Sandbox::close);
    }
    local.provider.deleteVolume(volume);
  }

  /** As the provider itself says, not as it turns out. */
  private static boolean limited() {
    return new LocalSandboxProviderFactory()
        .diagnose(ProviderSettings.system()).stream()
            .anyMatch(check -> check.name().equals("volumes") && check.status() == Check.Status.OK);
  }

  @Test
  void aFullOneIsFullAndTheLimitIsItsOwn() {
    Path volume = directory("full");
    try (Sandbox sandbox = local.create(with(volume, "/mnt/data"))) {
      assumeTrue(limited(), "no limit without root and loop devices: see ds doctor");
      assertThat(sandbox.exec("head -c 60M /dev/zero > /mnt/data/big").stderr())
          .contains("No space left");
      assertThat(sandbox.exec("rm /mnt/data/big && echo y > /mnt/data/small").success()).isTrue();
    }
    local.provider.deleteVolume(volume);
  }

  @Test
  void noFileInItGivesRights() {
    Path volume = directory("rights");
    try (Sandbox sandbox = local.create(with(volume, "/mnt/data"))) {
      String line = Local.sh(sandbox, "grep ' /mnt/data ' /proc/self/mountinfo");
      assertThat(line).contains("nosuid").contains("nodev");
      assertThat(sandbox.exec("chown 0 /mnt/data").success()).isFalse();
      assertThat(sandbox.exec("mknod /mnt/data/d b 7 0").success()).isFalse();
      assertThat(sandbox.exec("echo > /mnt/data/f && chown 0 /mnt/data/f").success()).isFalse();
    }
    local.provider.deleteVolume(volume);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/usr/local/x",
        "/etc",
        "/home",
        "/opt",
        "/opt/dunes/x",
        "/proc/x",
        "/run/x",
        "/mnt/data/x"
      })
  void placesThatAreTakenAreRefused(String target) {
    SandboxSpec.Builder spec =
        with(directory("refused"), "/mnt/data")
            .volume(new VolumeMount(directory("other"), target, SIZE_MB));
    assertThatThrownBy(() -> local.create(spec))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(target);
    assertThat(directory("refused")).doesNotExist();
  }

  @Test
  void aLinkInSavedFilesLeadsItNowhere() {
    Snapshot snapshot;
    try (Sandbox sandbox = local.create()) {
      Local.sh(sandbox, "ln -s /usr /home/user/data; mkdir /home/user/real");
      snapshot = sandbox.snapshot();
    }
    Path volume = directory("links");
    assertThatThrownBy(() -> local.create(with(volume, "/home/user/data").image(snapshot.image())))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("/home/user/data");
    try (Sandbox fine = local.create(with(volume, "/home/user/real").image(snapshot.image()))) {
      fine.files().write("/home/user/real/x", "y");
      try (Sandbox other = local.create(with(volume, "/mnt/data"))) {
        assertThat(other.files().readText("/mnt/data/x")).isEqualTo("y");
      }
    }
    local.provider.deleteSnapshot(snapshot.id());
    local.provider.deleteVolume(volume);
  }

  @Test
  void itIsSharedWithForksAndNotCopied() {
    Path volume = directory("forks");
    try (Sandbox sandbox = local.create(with(volume, "/mnt/data"))) {
      sandbox.files().write("/mnt/data/x", "before");
      try (Sandbox fork = sandbox.fork()) {
        fork.files().write("/mnt/data/x", "after");
      }
      assertThat(sandbox.files().readText("/mnt/data/x")).isEqualTo("after");
    }
    local.provider.deleteVolume(volume);
  }

  /** The block devices over its image. */
  private static List<String> devices(Path volume) throws IOException {
    List<String> found = new ArrayList<>();
    try (DirectoryStream<Path> blocks = Files.newDirectoryStream(Path.of("/sys/block"), "loop*")) {
      for (Path block : blocks) {
        Path file = block.resolve("loop/backing_file");
        if (Files.exists(file)
            && Files.readString(file).strip().startsWith(volume.toRealPath().toString())) {
          found.add(block.toString());
        }
      }
    }
    return found;
  }
}
