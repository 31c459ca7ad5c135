package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code docker-compose.yml} as a user starts it, with the daemon of the tests. */
final class Composed {
  static final String KEY = "a-key-of-the-tests-with-32-characters";

  private static final int KILLED = 137;
  private static final long LIMIT_SECONDS = 120;
  private static final Path ROOT = Path.of(System.getProperty("dunes.root"));

  final int port;
  private final String project;
  private final List<String> files;
  private final Map<String, String> environment = new HashMap<>();

  /**
   * @param state the state directory, on this machine as in the container
   * @param model where the model is, as the container sees it
   * @param more a file of settings above those of the project's
   */
  Composed(Path state, String model, Path more) throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    project = "dunes-test-" + port;
    files = List.of(ROOT.resolve("docker-compose.yml").toString(), more.toString());
    environment.put("DUNES_PORT", Integer.toString(port));
    environment.put("DUNES_STATE", state.toString());
    environment.put("DUNES_DOCKER_SOCKET", host().replace("unix://", ""));
    environment.put("SANDSTORM_API_KEY", KEY);
    environment.put("ANTHROPIC_API_KEY", "a-key-of-the-test");
    environment.put("ANTHROPIC_BASE_URL", model);
  }

  /** The daemon of the tests. */
  static String host() {
    return String.valueOf(System.getenv("DUNES_TEST_DOCKER_HOST"));
  }

  String project() {
    return project;
  }

  /** Runs {@code docker-compose} to a good end. */
  String compose(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("docker-compose", "-p", project));
    files.forEach(file -> command.addAll(List.of("-f", file)));
    command.addAll(List.of(arguments));
    return run(command, environment, 0);
  }

  /** Kills the server in its container, with the process that does it. */
  void killed() throws Exception {
    String line =
        "for p in /proc/[0-9]*; do"
            + " grep -qs '[d]ev.dunes.cli.Main' $p/cmdline && kill -9 ${p#/proc/} && exec sleep 60;"
            + " done; exit 1";
    run(List.of("docker", "exec", server(), "sh", "-c", line), Map.of(), KILLED);
  }

  /** Runs {@code docker} to a good end. */
  static String docker(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("docker"));
    command.addAll(List.of(arguments));
    return run(command, Map.of(), 0);
  }

  /** Holds a container still; the daemon may fail to while many processes begin in it. */
  static boolean isPaused(String container) throws Exception {
    Process pause =
        new ProcessBuilder("docker", "-H", host(), "pause", container).inheritIO().start();
    return pause.waitFor() == 0;
  }

  private static String run(List<String> command, Map<String, String> environment, int code)
      throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("ANTHROPIC_"));
    builder.environment().put("DOCKER_HOST", host());
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).as(output).isTrue();
    assertThat(process.exitValue()).as("%s: %s", command, output).isEqualTo(code);
    return output;
  }

  /** What the daemon says of a container. */
  static JsonNode inspect(String container) throws Exception {
    return JsonMapper.shared().readTree(docker("inspect", container)).get(0);
  }

  /** The container of the server. */
  String server() throws Exception {
    return compose("ps", "-q", "dunes").strip();
  }

  /** The containers that are sandboxes, in whatever state, of a server's state directory. */
  static List<String> sandboxes(String instance) throws Exception {
    return docker("ps", "-aq", "--filter", "label=dunes.instance=" + instance).lines().toList();
  }

  /** Waits until something is so. */
  static void await(String what, Callable<Boolean> holds) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!holds.call()) {
      assertThat(System.nanoTime() - end).as(what).isNegative();
      Thread.sleep(Duration.ofMillis(50));
    }
  }
}
