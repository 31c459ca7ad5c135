package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Snapshot;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** At the socket of Podman, which speaks Docker's API; {@code .ci/docker} starts it. */
@EnabledIf(value = "usable", disabledReason = "no Podman: DUNES_TEST_PODMAN_HOST is not set")
class PodmanTest {
  private static final String HOST =
      System.getenv().getOrDefault("DUNES_TEST_PODMAN_HOST", "unix:///not/set");

  @TempDir static Path state;
  private static SandboxProvider provider;

  static boolean usable() {
    return System.getenv("DUNES_TEST_PODMAN_HOST") != null
        || "require".equals(System.getenv("DUNES_TEST_DOCKER"));
  }

  @BeforeAll
  static void open() {
    provider =
        new DockerSandboxProviderFactory()
            .open(
                TestDaemon.settings(
                    state, "docker_host", HOST, "docker_image", TestDaemon.TINY_IMAGE));
  }

  @AfterAll
  static void nothingIsLeft() {
    Engine engine = TestDaemon.engine(Map.of("DOCKER_HOST", HOST));
    assertThat(engine.get("/containers/json?all=true").json()).isEmpty();
    provider.close();
  }

  private static Sandbox create() {
    return provider.create(
        SandboxSpec.builder().lifetime(Duration.ofMinutes(10)).label("who", "podman").build());
  }

  @Test
  void commandsRunAndTheirChannelsAreApart() {
    Sandbox sandbox = create();
    try {
      ExecResult result =
          sandbox.exec(
              Command.builder("sh", "-c", "cat; echo $NAME; echo oh >&2; exit 4")
                  .env("NAME", "value")
                  .input("in\n")
                  .build());
      assertThat(result.stdout()).isEqualTo("in\nvalue\n");
      assertThat(result.stderr()).isEqualTo("oh\n");
      assertThat(result.exitCode()).isEqualTo(4);
      ExecResult late =
          sandbox.exec(Command.builder("sleep", "100").timeout(Duration.ofMillis(300)).build());
      assertThat(late.timedOut()).isTrue();
    } finally {
      assertThat(sandbox.destroy()).isTrue();
    }
  }

  @Test
  void filesAreExactAndItIsHardened() {
    Sandbox sandbox = create();
    try {
      byte[] bytes = new byte[256];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) i;
      }
      sandbox.files().write("/workspace/all", bytes);
      assertThat(sandbox.files().readBytes("/workspace/all")).isEqualTo(bytes);
      assertThat(sandbox.exec("cat /proc/self/status").stdout().replaceAll("\\s+", " "))
          .contains("CapBnd: 00000000000000cb", "NoNewPrivs: 1", "Seccomp: 2");
    } finally {
      assertThat(sandbox.destroy()).isTrue();
    }
  }

  @Test
  void itIsFoundPausedSavedAndGoesOn() {
    Sandbox sandbox = create();
    try {
      assertThat(provider.list(Map.of("who", "podman")))
          .extracting(SandboxInfo::id)
          .contains(sandbox.id());
      sandbox.files().write("/workspace/kept", "kept".getBytes(UTF_8));
      sandbox.pause();
      sandbox.resume();
      assertThat(sandbox.exec("echo again").stdout()).isEqualTo("again\n");
      Snapshot snapshot = sandbox.snapshot();
      Sandbox copy = provider.create(SandboxSpec.builder().image(snapshot.image()).build());
      try {
        assertThat(copy.files().readBytes("/workspace/kept")).isEqualTo("kept".getBytes(UTF_8));
      } finally {
        copy.destroy();
        provider.deleteSnapshot(snapshot.id());
      }
    } finally {
      assertThat(sandbox.destroy()).isTrue();
    }
  }

  /** The daemon of Docker's may have it; this one does not. */
  @Test
  void theImageForAgentsIsBuiltAndNotPulled() {
    assertThatThrownBy(
            () -> provider.create(SandboxSpec.builder().image("sandstorm-agent:latest").build()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(
            "Failed to create Docker sandbox: Docker image sandstorm-agent:latest not found")
        .extracting(e -> ((SandboxException) e).remedy().orElse(""))
        .isEqualTo("build it: docker build -t sandstorm-agent:latest -f Dockerfile.agent .");
  }
}
