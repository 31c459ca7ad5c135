package dev.dunes.agent.amp;

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
import dev.dunes.agent.harness.Transcript;
import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayLease;
import dev.dunes.gateway.GatewayOptions;
import dev.dunes.gateway.LeaseSpec;
import dev.dunes.gateway.ModelUpstream;
import dev.dunes.gateway.Secret;
import dev.dunes.gateway.UpstreamAuth;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.scripted.ScriptedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
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
 * The real Amp in a real sandbox without network, behind a real gateway, which plays its vendor;
 * the model behind that is a scripted one.
 */
final class RealAmp implements AutoCloseable {
  private static final int PORT = 8082;
  private static final String KEY = "sk-ant-the-key-of-the-host";

  final ScriptedModel model = ScriptedModel.start();
  final Sandbox sandbox;
  final Agent agent;
  private final Gateway gateway;
  private final GatewayLease lease;
  private final Path directory;
  private final Sandboxes sandboxes;

  RealAmp() {
    agent = Agents.open(AgentSettings.current()).get("amp");
    AgentPlacement placement = prepare(agent);
    gateway = Gateway.open(GatewayOptions.defaults());
    lease =
        gateway.lease(
            LeaseSpec.builder("run00001")
                .upstream(
                    ModelUpstream.anthropic(
                        model.uri(), new UpstreamAuth.ApiKey("x-api-key", Secret.of(KEY))))
                .build());
    try {
      directory = Files.createTempDirectory(Path.of("/tmp"), "dunes-");
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> settings = Map.of("state_dir", directory.resolve("s").toString());
    sandboxes =
        Sandboxes.builder().settings(new ProviderSettings(settings, System.getenv())).build();
    SandboxSpec.Builder spec =
        SandboxSpec.builder()
            .lifetime(Duration.ofMinutes(4))
            .relay(new HostRelay(PORT, gateway.socket()))
            .relay(new HostRelay(PORT + 1, directory.resolve("nobody.sock")));
    for (HostMount mount : placement.mounts()) {
      spec.mount(mount);
    }
    sandbox = sandboxes.provider("local").create(spec.build());
  }

  /** Skips only when this machine was told to be offline and does not have the packages. */
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

  AgentSession open(UnaryOperator<AgentOptions.Builder> options) {
    return open(PORT, options);
  }

  /** With a gateway that is not there. */
  AgentSession openToNobody(UnaryOperator<AgentOptions.Builder> options) {
    return open(PORT + 1, options);
  }

  private AgentSession open(int port, UnaryOperator<AgentOptions.Builder> options) {
    ModelAccess access = new ModelAccess("http://127.0.0.1:" + port, lease.token(), Map.of());
    return agent.open(sandbox, options.apply(AgentOptions.builder(access)).build());
  }

  /** What the sandbox has instead of a key. */
  String token() {
    return lease.token();
  }

  /** One prompt, to the end of its turn. */
  Transcript turn(UnaryOperator<AgentOptions.Builder> options, String prompt) {
    try (AgentSession session = open(options)) {
      session.send(new Prompt(prompt));
      return Transcript.turn(session);
    }
  }

  /** The command lines of what runs in the sandbox, but for the guest and who asks. */
  List<String> processes() {
    return sandbox
        .exec("for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done 2>/dev/null")
        .stdout()
        .lines()
        .filter(line -> line.contains("node") || line.contains("python3"))
        .filter(line -> !line.contains("for p in"))
        .toList();
  }

  /** Waits until a process runs whose command line holds this text. */
  void awaitProcess(String part) {
    String pattern = part.replace("(", "[(]").replace(")", "[)]");
    assertThat(
            sandbox
                .exec(
                    "for i in $(seq 600); do pgrep -f '%s' > /dev/null && exit 0; sleep 0.05; done; exit 1"
                        .formatted(pattern))
                .exitCode())
        .isZero();
  }

  String file(String path) {
    return sandbox.files().readText(path);
  }

  @Override
  public void close() {
    assertThat(sandbox.destroy()).isTrue();
    sandbox.close();
    sandboxes.close();
    lease.close();
    gateway.close();
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
