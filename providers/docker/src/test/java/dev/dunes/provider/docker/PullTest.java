package dev.dunes.provider.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * Images that come from a registry: the one of Debian's package, on loopback, which {@code
 * .ci/docker} starts and fills.
 */
@EnabledIf(value = "usable", disabledReason = "no registry: DUNES_TEST_DOCKER_PULL is not set")
class PullTest {
  /** An image in the registry that is like {@link TestDaemon#TINY_IMAGE}. */
  private static final String IMAGE = System.getenv().getOrDefault("DUNES_TEST_DOCKER_PULL", "");

  @TempDir Path temp;

  static boolean usable() {
    return !IMAGE.isEmpty() || "require".equals(System.getenv("DUNES_TEST_DOCKER"));
  }

  @BeforeEach
  void absent() {
    Answer answer =
        TestDaemon.engine().call("DELETE", "/images/" + IMAGE + "?force=true", null, Engine.LONG);
    assertThat(answer.ok() || answer.notFound()).as(answer.message()).isTrue();
  }

  private SandboxProvider provider(String policy) {
    return new DockerSandboxProviderFactory()
        .open(TestDaemon.settings(temp, "docker_pull", policy));
  }

  private static String run(SandboxProvider provider, String image) {
    try (Sandbox sandbox = provider.create(SandboxSpec.builder().image(image).build())) {
      String output = sandbox.exec("echo it runs").stdout();
      sandbox.destroy();
      return output;
    }
  }

  private static boolean isThere() {
    return TestDaemon.engine().get("/images/" + IMAGE + "/json").ok();
  }

  @Test
  void anImageThatIsNotHereIsFetchedOnce() {
    try (SandboxProvider provider = provider("missing")) {
      assertThat(isThere()).isFalse();
      assertThat(run(provider, IMAGE)).isEqualTo("it runs\n");
      assertThat(isThere()).isTrue();
    }
    try (SandboxProvider never = provider("never")) {
      assertThat(run(never, IMAGE)).isEqualTo("it runs\n"); // it needs no registry any more
    }
    try (SandboxProvider always = provider("always")) {
      assertThat(run(always, IMAGE)).isEqualTo("it runs\n");
    }
  }

  @Test
  void whoSaysNeverGetsAnErrorWithARemedy() {
    try (SandboxProvider provider = provider("never")) {
      assertThatThrownBy(() -> run(provider, IMAGE))
          .isInstanceOf(InvalidRequestException.class)
          .extracting(e -> ((SandboxException) e).remedy().orElse(""))
          .isEqualTo("build or pull it: docker pull " + IMAGE);
      assertThat(isThere()).isFalse();
    }
  }

  @Test
  void whatARegistryDoesNotHaveIsSaid() {
    String registry = IMAGE.substring(0, IMAGE.indexOf('/'));
    try (SandboxProvider provider = provider("missing")) {
      assertThatThrownBy(() -> run(provider, registry + "/dunes-test/none:1"))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("dunes-test/none:1 not found");
      assertThatThrownBy(() -> run(provider, "127.0.0.1:1/dunes-test/none:1"))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("cannot be pulled")
          .extracting(e -> ((SandboxException) e).remedy().orElse(""))
          .asString()
          .contains("registry");
    }
  }
}
