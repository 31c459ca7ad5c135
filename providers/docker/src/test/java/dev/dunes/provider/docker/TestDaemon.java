package dev.dunes.provider.docker;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The daemon the tests use: whichever Docker's own command line would. {@code .ci/run} starts one
 * and sets {@code DUNES_TEST_DOCKER_HOST} to it and {@code DUNES_TEST_DOCKER=require}: then a
 * daemon that is missing is a failure.
 */
final class TestDaemon {
  /** With python3, procps and Debian's usual users; {@code .ci/docker} makes it. */
  static final String IMAGE = "dunes-test:base";

  /** A static busybox and nothing else. */
  static final String TINY_IMAGE = "dunes-test:tiny";

  /**
   * {@link #IMAGE} with a user {@code user}, whom it wants to be, at home in {@code /home/user}.
   */
  static final String USER_IMAGE = "dunes-test:user";

  private TestDaemon() {}

  /** For {@code EnabledIf}. */
  static final String USABLE = "dev.dunes.provider.docker.TestDaemon#usable";

  static final String REASON = "no Docker daemon with the images that .ci/docker makes";

  /** Whether its tests can run, or must. */
  static boolean usable() {
    if ("require".equals(System.getenv("DUNES_TEST_DOCKER"))) {
      return true;
    }
    try {
      return engine().get("/images/" + IMAGE + "/json").ok();
    } catch (SandboxException e) {
      return false;
    }
  }

  static Engine engine() {
    return engine(environment());
  }

  static Engine engine(Map<String, String> environment) {
    return new Engine(new DaemonAddresses(new ProviderSettings(Map.of(), environment)).find());
  }

  /** Settings with a state directory, and others in pairs. */
  static ProviderSettings settings(Path state, String... more) {
    Map<String, String> configured = new HashMap<>();
    configured.put("state_dir", state.toString());
    configured.put("docker_image", IMAGE);
    configured.put("docker_pull", "never");
    for (int i = 0; i < more.length; i += 2) {
      configured.put(more[i], more[i + 1]);
    }
    return new ProviderSettings(configured, environment());
  }

  /** This process's, with the daemon that {@code .ci/docker} has started. */
  static Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(System.getenv());
    String host = System.getenv("DUNES_TEST_DOCKER_HOST");
    if (host != null) {
      environment.put("DOCKER_HOST", host);
    }
    return environment;
  }
}
