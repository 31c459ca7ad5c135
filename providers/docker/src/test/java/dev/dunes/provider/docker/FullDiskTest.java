package dev.dunes.provider.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Snapshot;
import dev.dunes.sandbox.WriteOptions;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A daemon whose disk is full: one of {@code .ci/docker} has 64 MiB. One sandbox fills it; what is
 * asked for then fails with a remedy and leaves nothing, and the sandbox goes on.
 */
@EnabledIf(value = "usable", disabledReason = "no daemon with a small disk: see .ci/docker")
@Execution(ExecutionMode.SAME_THREAD) // they have one disk
class FullDiskTest {
  private static final String HOST =
      System.getenv().getOrDefault("DUNES_TEST_DOCKER_SMALL_HOST", "unix:///not/set");

  private static final String PULLED =
      System.getenv().getOrDefault("DUNES_TEST_DOCKER_PULL", "not-set");

  private static final byte[] MEBIBYTE = new byte[1 << 20];

  @TempDir Path state;
  private final Engine engine = TestDaemon.engine(Map.of("DOCKER_HOST", HOST));
  private SandboxProvider provider;
  private Sandbox sandbox;

  static boolean usable() {
    return System.getenv("DUNES_TEST_DOCKER_SMALL_HOST") != null
        || "require".equals(System.getenv("DUNES_TEST_DOCKER"));
  }

  @BeforeEach
  void make() {
    provider =
        new DockerSandboxProviderFactory()
            .open(
                TestDaemon.settings(
                    state,
                    "docker_host",
                    HOST,
                    "docker_image",
                    TestDaemon.TINY_IMAGE,
                    "docker_pull",
                    "missing"));
    sandbox = provider.create(SandboxSpec.DEFAULT);
    sandbox.files().write("/kept", "as it was");
  }

  @AfterEach
  void aSandboxWhoseDiskIsFullCanBeRemoved() {
    assertThat(sandbox.destroy()).isTrue();
    provider.close();
    assertThat(engine.get("/containers/json?all=true").json()).isEmpty();
    assertThat(engine.get("/images/json").json()).hasSize(1);
  }

  private void fill() {
    ExecResult result = sandbox.exec("cat /dev/zero > /filling");
    assertThat(result.stderr()).contains("No space left on device");
    assertThat(result.exitCode()).isNotZero();
  }

  private static void isQuotaWithARemedy(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(SandboxQuotaException.class)
        .hasMessageContaining("the Docker daemon's disk is full")
        .extracting(e -> ((SandboxException) e).remedy().orElse(""))
        .asString()
        .contains("docker system prune");
  }

  private static void isNoSpaceWithARemedy(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(SandboxFileException.class)
        .hasMessageContaining("no space left")
        .matches(e -> ((SandboxFileException) e).reason() == SandboxFileException.Reason.NO_SPACE)
        .matches(e -> ((SandboxException) e).remedy().isPresent());
  }

  private void replace(String path) {
    try (OutputStream out = sandbox.files().write(path, WriteOptions.ATOMIC)) {
      out.write(MEBIBYTE);
    } catch (IOException e) {
      assertThat(e).hasCauseInstanceOf(SandboxException.class); // streams fail like streams
      throw (SandboxException) e.getCause();
    }
  }

  @Test
  void aFileIsReplacedWholeOrNotAtAllAndTheSandboxGoesOn() {
    fill();
    isNoSpaceWithARemedy(() -> replace("/kept"));
    isNoSpaceWithARemedy(() -> replace("/new"));
    isNoSpaceWithARemedy(() -> sandbox.files().write("/begun", MEBIBYTE));
    assertThat(sandbox.files().readText("/kept")).isEqualTo("as it was");
    assertThat(sandbox.files().list("/"))
        .extracting(FileEntry::name)
        .as("nothing is left beside")
        .contains("kept", "filling", "begun")
        .noneMatch(name -> name.contains("new") || name.contains("kept."));
    assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");

    sandbox.files().remove("/filling");
    replace("/new");
    assertThat(sandbox.files().readBytes("/new")).isEqualTo(MEBIBYTE);
  }

  @Test
  void aSnapshotThatDoesNotFitLeavesNoImage() {
    fill();
    isQuotaWithARemedy(sandbox::snapshot);
    assertThat(engine.get("/images/json?all=true").json()).hasSize(1);
    assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");

    sandbox.files().remove("/filling");
    Snapshot snapshot = sandbox.snapshot();
    assertThat(provider.deleteSnapshot(snapshot.id())).isTrue();
  }

  @Test
  void anImageThatDoesNotFitAndASandboxAreRefused() {
    fill();
    SandboxSpec pulled = SandboxSpec.builder().image(PULLED).build();
    isQuotaWithARemedy(() -> provider.create(pulled));
    isQuotaWithARemedy(() -> provider.create(SandboxSpec.DEFAULT));
    assertThat(provider.list(Map.of())).hasSize(1);

    sandbox.files().remove("/filling");
    provider.create(SandboxSpec.DEFAULT).destroy();
    provider.create(pulled).destroy();
    assertThat(engine.call("DELETE", "/images/" + PULLED, null, Engine.LONG).ok()).isTrue();
  }
}
