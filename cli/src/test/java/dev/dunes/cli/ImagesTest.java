package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.install.AgentDirectory;
import dev.dunes.scripted.ScriptedModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The images of {@code Dockerfile} and {@code Dockerfile.agent}, which {@code .ci/images} builds,
 * and {@code docker-compose.yml}: the server in a container, its sandboxes in others of the same
 * daemon, the real agent in them, and a model that plays scripts.
 */
@EnabledIfEnvironmentVariable(
    named = "DUNES_TEST_IMAGES",
    matches = ".+",
    disabledReason = "the project's images are not built: see .ci/images")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImagesTest {
  private static final String AGENT_IMAGE = "sandstorm-agent:latest";

  /** They may be built still. */
  private static final Duration BUILT = Duration.ofMinutes(25);

  private final ScriptedModel model = ScriptedModel.start();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<AutoCloseable> opened = new ArrayList<>(List.of(client, model));
  private Path state = Path.of("");
  private Composed server;

  @BeforeAll
  void up(@TempDir Path directory) throws Exception {
    awaitImages();
    RealAgent.require();
    state = Files.createTempDirectory("dc");
    Path agents = AgentDirectory.root(AgentSettings.current());
    Files.createDirectory(state.resolve("agents"));
    run("cp", "-a", agents.resolve("claude").toString(), state.resolve("agents").toString());

    String gateway =
        Composed.docker("network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}");
    BridgeToLoopback bridge = new BridgeToLoopback(gateway.strip(), model.uri().getPort());
    opened.add(bridge);
    Path more =
        Files.writeString(
            directory.resolve("more.yml"),
            "services: {dunes: {environment: {DUNES_SHUTDOWN_GRACE: '1'}}}\n");
    server = new Composed(state, bridge.uri(), more);
    server.compose("up", "-d", "--no-build");
    awaitHealthy();
  }

  @AfterAll
  void downLeavesNothing() throws Exception {
    try {
      if (server != null) {
        end();
      }
    } finally {
      for (AutoCloseable each : opened) {
        each.close();
      }
      run("rm", "-rf", state.toString());
    }
  }

  private void end() throws Exception {
    String instance = instance();
    try (Stream stream = ask("Please do [[sleep]]")) {
      Composed.await("a sandbox", () -> !Composed.sandboxes(instance).isEmpty());
      stream.untilToolRuns();
      server.compose("down", "-v");
    }
    assertThat(Composed.sandboxes(instance)).isEmpty();
    assertThat(state.resolve("docker")).isEmptyDirectory();
    String project = "label=com.docker.compose.project=" + server.project();
    for (String kind : List.of("container", "network", "volume")) {
      List<String> list = new ArrayList<>(List.of(kind, "ls", "-q", "--filter", project));
      if (kind.equals("container")) {
        list.add("-a");
      }
      assertThat(Composed.docker(list.toArray(String[]::new))).as(kind).isEmpty();
    }
  }

  private static void awaitImages() throws Exception {
    Path result = Path.of(System.getenv("DUNES_TEST_IMAGES"));
    long end = System.nanoTime() + BUILT.toNanos();
    while (Files.notExists(result)) {
      assertThat(System.nanoTime() - end).as("building the images").isNegative();
      Thread.sleep(Duration.ofMillis(500));
    }
    assertThat(result).as("the exit code of .ci/images").hasContent("0\n");
  }

  private static void run(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private void awaitHealthy() throws Exception {
    String container = server.server();
    Composed.await(
        "Docker's own check",
        () -> {
          JsonNode now = Composed.inspect(container).path("State");
          assertThat(now.path("Status").asString("")).isIn("running", "restarting");
          return now.path("Health").path("Status").asString("").equals("healthy");
        });
  }

  private String instance() throws IOException {
    return Files.readString(state.resolve("docker-instance")).strip();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port + path))
        .header("Authorization", "Bearer " + Composed.KEY);
  }

  private JsonNode get(String path) throws Exception {
    HttpResponse<String> answer = client.send(request(path).build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JsonMapper.shared().readTree(answer.body());
  }

  private Stream ask(String prompt) throws Exception {
    HttpResponse<InputStream> answer =
        client.send(
            request("/query")
                .POST(BodyPublishers.ofString("{\"prompt\":\"%s\"}".formatted(prompt)))
                .build(),
            BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    return new Stream(
        answer.headers().firstValue("X-Run-Id").orElseThrow(),
        new BufferedReader(new InputStreamReader(answer.body())));
  }

  /** The events of a run. */
  private record Stream(String run, BufferedReader lines) implements AutoCloseable {
    JsonNode next() throws IOException {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("data: ")) {
          return JsonMapper.shared().readTree(line.substring("data: ".length()));
        }
      }
      throw new AssertionError("the stream is over");
    }

    void untilToolRuns() throws IOException {
      while (!next().path("message").path("content").toString().contains("\"tool_use\"")) {
        // the next
      }
    }

    JsonNode last() throws IOException {
      JsonNode event = next();
      while (!List.of("result", "error").contains(event.path("type").asString(""))) {
        event = next();
      }
      return event;
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }

  @Test
  void theServerIsWhatTheFileSays() throws Exception {
    assertThat(get("/health").path("status").asString("")).isEqualTo("ok");
    JsonNode container = Composed.inspect(server.server());
    JsonNode host = container.path("HostConfig");
    assertThat(host.path("Memory").asLong()).isEqualTo(2L << 30);
    assertThat(host.path("PidsLimit").asLong()).isEqualTo(4096);
    assertThat(host.path("SecurityOpt").toString()).contains("no-new-privileges");
    assertThat(host.path("Privileged").asBoolean()).isFalse();
    assertThat(container.path("NetworkSettings").path("Ports").toString())
        .contains("\"HostIp\":\"127.0.0.1\"")
        .doesNotContain("0.0.0.0");
  }

  @Test
  void anAgentWorksInASandboxBesideTheServer() throws Exception {
    try (Stream stream = ask("Please do [[hello]]")) {
      JsonNode last = stream.last();
      assertThat(last.path("subtype").asString("")).as(last.toString()).isEqualTo("success");
      assertThat(last.path("is_error").asBoolean()).isFalse();
    }
  }

  @Test
  void aSandboxIsLimitedAndASecondServerClearsAwayAfterOneThatWasKilled() throws Exception {
    String instance = instance();
    try (Stream stream = ask("Please do [[sleep]]")) {
      stream.untilToolRuns();
      List<String> sandboxes = Composed.sandboxes(instance);
      assertThat(sandboxes).isNotEmpty();
      for (String each : sandboxes) {
        JsonNode container = Composed.inspect(each);
        JsonNode host = container.path("HostConfig");
        assertThat(container.path("Config").path("Image").asString("")).isEqualTo(AGENT_IMAGE);
        assertThat(host.path("Memory").asLong()).isEqualTo(4L << 30);
        assertThat(host.path("MemorySwap").asLong()).isEqualTo(4L << 30);
        assertThat(host.path("NanoCpus").asLong()).isEqualTo(2_000_000_000L);
        assertThat(host.path("PidsLimit").asLong()).isEqualTo(1024);
        assertThat(host.path("NetworkMode").asString("")).isEqualTo("none");
        assertThat(container.path("Mounts").toString()).doesNotContain("docker.sock");
        assertThat(container.toString()).doesNotContain("a-key-of-the-test");
      }
      // A container of the daemon that is held still ends by nobody's hand but the next server's.
      Composed.await("it is held still", () -> Composed.isPaused(sandboxes.getFirst()));
      String before =
          Composed.inspect(server.server()).path("State").path("StartedAt").asString("");
      server.killed();
      Composed.await(
          "the next server",
          () -> {
            JsonNode now = Composed.inspect(server.server()).path("State");
            return now.path("Running").asBoolean()
                && !now.path("StartedAt").asString("").equals(before);
          });
      Composed.await("the sandbox's end", () -> Composed.sandboxes(instance).isEmpty());
      awaitHealthy();
      assertThat(state.resolve("docker")).isEmptyDirectory();
      assertThat(get("/runs").toString()).doesNotContain("\"status\":\"running\"");
    }
  }

  @Test
  void anAgentOfTheCommandWorksInTheImageForAgents(@TempDir Path directory) throws Exception {
    Map<String, String> environment = RealAgent.environment(model, directory.resolve("state"));
    environment.remove("DUNES_PROVIDER");
    environment.put("DOCKER_HOST", Composed.host());
    Ds.Result result =
        Ds.with()
            .env(environment)
            .directory(directory)
            .run("query", "-p", "docker", "Please do [[hello]]", "-o", "made");
    assertThat(result.err()).contains("--- Result: success");
    assertThat(directory.resolve("made/hello.txt")).hasContent("hi");
    assertThat(
            Composed.docker(
                "run", "--rm", "--network", "none", AGENT_IMAGE, "sh", "-c", "id -un; pwd; rg -V"))
        .startsWith("user\n/home/user\nripgrep ");
    assertThat(
            Composed.docker(
                "run",
                "--rm",
                "--network",
                "none",
                AGENT_IMAGE,
                "node",
                "--input-type=module",
                "-e",
                "console.log(typeof (await import('/opt/agent-runner/node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs')).query)"))
        .isEqualTo("function\n");
  }
}
