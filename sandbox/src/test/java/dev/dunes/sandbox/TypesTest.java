package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TypesTest {
  @Test
  void aSpecificationAsksForNothingByDefault() {
    SandboxSpec spec = SandboxSpec.DEFAULT;
    assertThat(spec.lifetime()).hasSeconds(120);
    assertThat(spec.image()).isEmpty();
    assertThat(spec.language()).isEmpty();
    assertThat(spec.memoryMb()).isEmpty();
    assertThat(spec.cpuCores()).isEmpty();
    assertThat(spec.diskMb()).isEmpty();
    assertThat(spec.maxProcesses()).isEmpty();
    assertThat(spec.env()).isEmpty();
    assertThat(spec.labels()).isEmpty();
    assertThat(spec.providerConfig()).isEmpty();
    assertThat(spec.setupCommands()).isEmpty();
    assertThat(spec.tolerateSetupFailure()).isFalse();
    assertThat(spec.workingDir()).isEmpty();
    assertThat(spec.network()).isEmpty();
    assertThat(spec.relays()).isEmpty();
    assertThat(spec.isolation()).isEmpty();
    assertThat(spec.detached()).isFalse();
  }

  @Test
  void specificationsShareNoMaps() {
    Map<String, String> mine = new HashMap<>(Map.of("a", "1"));
    SandboxSpec.Builder builder = SandboxSpec.builder().labels(mine).env(mine);
    SandboxSpec spec = builder.build();
    mine.put("b", "2");
    builder.label("c", "3");
    assertThat(spec.labels()).isEqualTo(Map.of("a", "1"));
    assertThat(spec.env()).isEqualTo(Map.of("a", "1"));
    assertThatThrownBy(() -> spec.labels().put("x", "y"))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  private static SandboxSpec everything() {
    return SandboxSpec.builder()
        .image("python")
        .language("python")
        .memoryMb(512)
        .cpuCores(1.5)
        .diskMb(100)
        .maxProcesses(50)
        .lifetime(Duration.ofHours(1))
        .env("A", "1")
        .label("l", "1")
        .providerConfig("k", "v")
        .setupCommand("true")
        .tolerateSetupFailure(true)
        .workingDir("/work")
        .network(NetworkMode.BRIDGE)
        .relay(new HostRelay(8080, Path.of("/run/x")))
        .mount(new HostMount(Path.of("/srv/x"), "/opt/dunes/x"))
        .isolation(IsolationTier.GVISOR)
        .detached()
        .build();
  }

  @Test
  void aCopyIsEqualAndLeavesTheOriginalAlone() {
    SandboxSpec spec = everything();
    assertThat(spec.toBuilder().build()).isEqualTo(spec).hasSameHashCodeAs(spec);
    spec.toBuilder().env("B", "2").label("m", "2").setupCommand("false").build();
    assertThat(spec).isEqualTo(everything());
  }

  static Stream<UnaryOperator<SandboxSpec.Builder>> changes() {
    return Stream.of(
        b -> b.image("node"),
        b -> b.language("node"),
        b -> b.memoryMb(513),
        b -> b.cpuCores(2),
        b -> b.diskMb(101),
        b -> b.maxProcesses(51),
        b -> b.lifetime(Duration.ofHours(2)),
        b -> b.env("A", "2"),
        b -> b.label("l", "2"),
        b -> b.providerConfig("k", "w"),
        b -> b.setupCommand("false"),
        b -> b.tolerateSetupFailure(false),
        b -> b.workingDir("/other"),
        b -> b.network(NetworkMode.NONE),
        b -> b.relay(new HostRelay(8081, Path.of("/run/x"))),
        b -> b.mount(new HostMount(Path.of("/srv/x"), "/opt/dunes/y")),
        b -> b.isolation(IsolationTier.NAMESPACE),
        b -> b.detached(false));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void specificationsThatDifferInAnythingAreNotEqual(UnaryOperator<SandboxSpec.Builder> change) {
    assertThat(change.apply(everything().toBuilder()).build()).isNotEqualTo(everything());
  }

  @Test
  void aSpecificationDoesNotShowValuesOfVariables() {
    SandboxSpec spec =
        SandboxSpec.builder().env("API_KEY", "sk-1").providerConfig("k", "sk-2").build();
    assertThat(spec.toString()).contains("API_KEY").doesNotContain("sk-1", "sk-2");
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        spec("image", b -> b.image(" ")),
        spec("memoryMb", b -> b.memoryMb(3)),
        spec("cpuCores", b -> b.cpuCores(0)),
        spec("cpuCores", b -> b.cpuCores(Double.NaN)),
        spec("cpuCores", b -> b.cpuCores(1025)),
        spec("diskMb", b -> b.diskMb(0)),
        spec("maxProcesses", b -> b.maxProcesses(3)),
        spec("lifetime", b -> b.lifetime(Duration.ofMillis(999))),
        spec("lifetime", b -> b.lifetime(Duration.ofDays(366))),
        spec("workingDir", b -> b.workingDir("relative")),
        spec("workingDir", b -> b.workingDir("/a\0b")),
        spec("env", b -> b.env("1A", "x")),
        spec("env", b -> b.env("A-B", "x")),
        spec("env", b -> b.env("", "x")),
        spec("env.A", b -> b.env("A", "x\0y")),
        spec("labels", b -> b.label("", "x")),
        spec("labels", b -> b.label("-a", "x")),
        spec("labels", b -> b.label("a".repeat(64), "x")),
        spec("labels.a", b -> b.label("a", "x".repeat(257))),
        spec("labels.a", b -> b.label("a", "x\ny")),
        request("timeout", () -> Command.shellBuilder("x").timeout(Duration.ZERO)),
        request("outputLimit", () -> Command.shellBuilder("x").outputLimit(-1)),
        request("argv", () -> Command.of()),
        request("argv", () -> Command.of("a\0b")),
        request("env", () -> Command.shellBuilder("x").env("A B", "x").build()),
        request("terminal.columns", () -> new TerminalSize(0, 24)),
        request("terminal.rows", () -> new TerminalSize(80, 70000)),
        request("relays.port", () -> new HostRelay(80, Path.of("/x"))),
        request("relays.socket", () -> new HostRelay(8080, Path.of("x"))),
        request("mounts.source", () -> new HostMount(Path.of("x"), "/opt/x")),
        request("mounts.target", () -> new HostMount(Path.of("/x"), "opt/x")),
        request("mounts.target", () -> new HostMount(Path.of("/x"), "/opt/../x")),
        request("mounts.target", () -> new HostMount(Path.of("/x"), "/")),
        request("mode", () -> WriteOptions.DEFAULT.withMode(010000)),
        request("provider", () -> Placement.at(" ")),
        request("fallback", () -> Placement.DEFAULT.orElse("")),
        request(
            "maxConcurrentCreations", () -> ManagerOptions.DEFAULT.withMaxConcurrentCreations(0)),
        request("creationWait", () -> ManagerOptions.DEFAULT.withCreationWait(Duration.ZERO)),
        request("minIdle", () -> PoolConfig.builder().minIdle(-1).build()),
        request("maxIdle", () -> PoolConfig.builder().maxIdle(-1).build()),
        request("sandboxTtl", () -> PoolConfig.builder().sandboxTtl(Duration.ZERO).build()),
        request("idleTimeout", () -> PoolConfig.builder().idleTimeout(Duration.ZERO).build()),
        request(
            "cleanupInterval", () -> PoolConfig.builder().cleanupInterval(Duration.ZERO).build()),
        request(
            "acquireTimeout",
            () -> PoolConfig.builder().acquireTimeout(Duration.ofSeconds(-1)).build()));
  }

  private static Arguments spec(String field, UnaryOperator<SandboxSpec.Builder> change) {
    return request(field, () -> change.apply(SandboxSpec.builder()).build());
  }

  private static Arguments request(String field, Runnable call) {
    return Arguments.of(field, call);
  }

  @ParameterizedTest(name = "{0} {index}")
  @MethodSource("refused")
  void whatCannotBeUsedIsNamedWithARemedy(String field, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            InvalidRequestException.class,
            e -> {
              assertThat(e.field()).isEqualTo(field);
              assertThat(e).hasMessageStartingWith(field);
              assertThat(e.remedy().orElseThrow()).startsWith("use ");
              assertThat(e.code()).isEqualTo("invalid_request");
            });
  }

  @Test
  void theBestOfThePoolsDefaults() {
    PoolConfig config = PoolConfig.DEFAULT;
    assertThat(config.minIdle()).isZero();
    assertThat(config.maxTotal()).isEqualTo(10);
    assertThat(config.maxIdle()).isEqualTo(5);
    assertThat(config.sandboxTtl()).hasSeconds(3600);
    assertThat(config.idleTimeout()).hasSeconds(600);
    assertThat(config.acquireTimeout()).hasSeconds(30);
    assertThat(config.cleanupInterval()).hasSeconds(60);
    assertThat(config.strategy()).isEqualTo(PoolStrategy.LAZY);
    assertThat(config.reuse()).isTrue();
    assertThat(config.autoCleanup()).isTrue();
    assertThat(ConnectionPoolConfig.DEFAULT)
        .isEqualTo(new ConnectionPoolConfig(10, Duration.ofSeconds(600), Duration.ofSeconds(3600)));
  }

  @Test
  void commandsKeepWhatTheyWereGiven() {
    byte[] input = {1, 2};
    Command command =
        Command.builder("ls", "-l")
            .args("/tmp")
            .env("A", "1")
            .workingDir("/w")
            .user("root")
            .timeout(Duration.ofSeconds(1))
            .input(input)
            .detached()
            .outputLimit(5)
            .build();
    input[0] = 9;
    Command copy = command.toBuilder().build();
    for (Command same : List.of(command, copy)) {
      assertThat(same.argv()).containsExactly("ls", "-l", "/tmp");
      assertThat(same.env()).isEqualTo(Map.of("A", "1"));
      assertThat(same.workingDir()).hasValue("/w");
      assertThat(same.user()).hasValue("root");
      assertThat(same.timeout()).hasValue(Duration.ofSeconds(1));
      assertThat(same.input().orElseThrow()).containsExactly(1, 2);
      assertThat(same.stdinOpen()).isTrue();
      assertThat(same.detached()).isTrue();
      assertThat(same.outputLimit()).isEqualTo(5);
    }
    command.toBuilder().args("more").env("B", "2").build();
    assertThat(command.argv()).hasSize(3);
    assertThat(command.env()).hasSize(1);
  }

  @Test
  void aLineOfShellIsOneArgument() {
    assertThat(Command.shell("echo 'a b' && x").argv())
        .containsExactly("/bin/sh", "-c", "echo 'a b' && x");
    Command plain = Command.of("true");
    assertThat(plain.stdinOpen()).isFalse();
    assertThat(plain.outputLimit()).isEqualTo(64 << 20);
    assertThat(Command.shellBuilder("x").terminal(TerminalSize.DEFAULT).build().stdinOpen())
        .isTrue();
    assertThat(Command.shellBuilder("x").openStdin().build().input()).isEmpty();
  }

  @Test
  void resultsSucceedFailOrTimeOut() {
    assertThat(result(0, false).success()).isTrue();
    assertThat(result(1, false).success()).isFalse();
    assertThat(result(0, true).success()).isFalse();
    ExecResult timedOut = result(-1, true);
    assertThat(timedOut.timedOut()).isTrue();
    assertThat(timedOut.exitCode()).isEqualTo(-1);
    assertThat(timedOut.stdout()).isEqualTo("aä\uFFFD");
    assertThat(timedOut.stdoutBytes()).hasSize(4).isNotSameAs(timedOut.stdoutBytes());
    assertThat(timedOut.toString()).contains("stdout=4 bytes");
  }

  private static ExecResult result(int code, boolean timedOut) {
    byte[] bytes = Arrays.copyOf("aä".getBytes(StandardCharsets.UTF_8), 4);
    bytes[3] = (byte) 0xFF;
    CommandExit exit =
        new CommandExit(code, OptionalInt.empty(), timedOut, false, Duration.ofMillis(5));
    return new ExecResult(exit, bytes, new byte[0], false);
  }

  @Test
  void statesHaveWireNames() {
    assertThat(Arrays.stream(SandboxState.values()).map(SandboxState::wireName))
        .containsExactlyInAnyOrder(
            "creating", "starting", "running", "stopping", "stopped", "terminated", "error");
    assertThat(IsolationTier.MICROVM.wireName()).isEqualTo("microvm");
    assertThat(IsolationTier.GVISOR.atLeast(IsolationTier.NAMESPACE)).isTrue();
    assertThat(IsolationTier.NONE.atLeast(IsolationTier.NAMESPACE)).isFalse();
  }

  @Test
  void capabilitiesHaveWireNamesInOrder() {
    Map<String, Boolean> expected = new LinkedHashMap<>();
    List.of("persistent", "snapshot", "streaming", "file_upload", "interactive_shell", "gpu")
        .forEach(flag -> expected.put(flag, false));
    assertThat(ProviderCapabilities.NONE.asMap()).containsExactlyEntriesOf(expected);
    expected.put("file_upload", true);
    expected.put("gpu", true);
    ProviderCapabilities some = ProviderCapabilities.of(Capability.GPU, Capability.FILE_UPLOAD);
    assertThat(some.asMap()).containsExactlyEntriesOf(expected);
    assertThat(some.has(Capability.GPU)).isTrue();
    assertThat(some.has(Capability.SNAPSHOT)).isFalse();
  }

  @Test
  void labelsMatchWhenAllAreThere() {
    SandboxInfo info =
        new SandboxInfo(
            "id",
            "p",
            SandboxState.RUNNING,
            Map.of("a", "1", "b", "2"),
            Optional.of(Instant.EPOCH),
            Optional.empty(),
            IsolationTier.NONE,
            Map.of());
    assertThat(info.hasLabels(Map.of("a", "1"))).isTrue();
    assertThat(info.hasLabels(Map.of())).isTrue();
    assertThat(info.hasLabels(Map.of("a", "2"))).isFalse();
    assertThat(info.hasLabels(Map.of("a", "1", "c", "3"))).isFalse();
  }

  @Test
  void nearestWords() {
    assertThat(Nearest.to("dokcer", List.of("docker", "local"))).hasValue("docker");
    assertThat(Nearest.to("xyz", List.of("docker", "local"))).isEmpty();
    assertThat(Nearest.to("ab", List.of("e2"))).isEmpty();
    assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
  }
}
