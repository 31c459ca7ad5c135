package dev.dunes.agent.harness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.Agents;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.ModelAccess;
import dev.dunes.agent.Prompt;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.scripted.ScriptedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A real agent in a real sandbox without network, and a scripted model behind a relay. It is
 * downloaded once, to where all programs on this machine look for it.
 */
public class RealAgent implements AutoCloseable {
  private static final int PORT = 8082;

  public final ScriptedModel model;
  public final Sandbox sandbox;
  public final Agent agent;
  private final Path directory;
  private final SocketBridge bridge;
  private final Sandboxes sandboxes;

  /** The agent of this id. */
  public RealAgent(String id) {
    this(id, ScriptedModel.start());
  }

  private RealAgent(String id, ScriptedModel model) {
    this(known(id), model, model.uri());
  }

  /** An agent that is not among those that are built in. */
  public RealAgent(Agent agent) {
    this(agent, ScriptedModel.start());
  }

  private RealAgent(Agent agent, ScriptedModel model) {
    this(agent, model, model.uri());
  }

  /** With another model. */
  public RealAgent(String id, URI address) {
    this(known(id), ScriptedModel.start(), address);
  }

  private static Agent known(String id) {
    return Agents.open(AgentSettings.current()).get(id);
  }

  private RealAgent(Agent agent, ScriptedModel model, URI address) {
    this.model = model;
    this.agent = agent;
    AgentPlacement placement = prepare(agent);
    try {
      directory = Files.createTempDirectory(Path.of("/tmp"), "dunes-");
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
      Path socket = directory.resolve("gateway.sock");
      bridge = new SocketBridge(socket, address.getPort());
      Map<String, String> settings = Map.of("state_dir", directory.resolve("s").toString());
      sandboxes =
          Sandboxes.builder().settings(new ProviderSettings(settings, System.getenv())).build();
      SandboxSpec.Builder spec =
          SandboxSpec.builder()
              .lifetime(Duration.ofMinutes(4))
              .relay(new HostRelay(PORT, socket))
              .relay(new HostRelay(PORT + 1, directory.resolve("nobody.sock")));
      placement.mounts().forEach(spec::mount);
      sandbox = sandboxes.provider("local").create(spec.build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Skips only when this machine was told to be offline and does not have the package. */
  private static AgentPlacement prepare(Agent agent) {
    try {
      return agent.prepare(InstallProgress.SILENT);
    } catch (AgentException e) {
      Assumptions.assumeTrue(
          AgentSettings.current().variable("DUNES_AGENTS_OFFLINE").isEmpty(),
          "skipped: offline, and " + e.getMessage());
      throw e;
    }
  }

  public AgentSession open(UnaryOperator<AgentOptions.Builder> options) {
    return open(PORT, options);
  }

  /** With a model endpoint where nobody listens. */
  public AgentSession openToNobody(UnaryOperator<AgentOptions.Builder> options) {
    return open(PORT + 1, options);
  }

  private AgentSession open(int port, UnaryOperator<AgentOptions.Builder> options) {
    ModelAccess access = new ModelAccess("http://127.0.0.1:" + port, "run-token-1", Map.of());
    return agent.open(sandbox, options.apply(AgentOptions.builder(access)).build());
  }

  /** One prompt, to the end of its turn. */
  public Transcript turn(UnaryOperator<AgentOptions.Builder> options, String prompt) {
    try (AgentSession session = open(options)) {
      session.send(new Prompt(prompt));
      return Transcript.turn(session);
    }
  }

  /** The command lines of what runs in the sandbox, but for the guest and who asks. */
  public List<String> processes() {
    return sandbox
        .exec("for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done 2>/dev/null")
        .stdout()
        .lines()
        .filter(line -> line.contains(agent.id()) || line.contains("python3"))
        .filter(line -> !line.contains("for p in"))
        .toList();
  }

  /** Waits until a process runs whose command line holds this text. */
  public void awaitProcess(String part) {
    String pattern = part.replace("(", "[(]").replace(")", "[)]");
    assertThat(
            sandbox
                .exec(
                    "for i in $(seq 600); do pgrep -f '%s' > /dev/null && exit 0; sleep 0.05; done; exit 1"
                        .formatted(pattern))
                .exitCode())
        .isZero();
  }

  /** Waits until no process runs whose command line holds this text. */
  public void awaitNoProcess(String part) {
    String pattern = part.replace("(", "[(]").replace(")", "[)]");
    assertThat(
            sandbox
                .exec(
                    "for i in $(seq 200); do pgrep -f '%s' > /dev/null || exit 0; sleep 0.05; done; exit 1"
                        .formatted(pattern))
                .exitCode())
        .isZero();
  }

  /** What a file holds. */
  public String file(String path) {
    return sandbox.files().readText(path);
  }

  @Override
  public void close() {
    assertThat(sandbox.destroy()).isTrue();
    sandbox.close();
    sandboxes.close();
    bridge.close();
    model.close();
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
