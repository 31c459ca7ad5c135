package dev.dunes.provider.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.sandbox.VolumeMount;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What is particular to containers. */
@EnabledIf(value = TestDaemon.USABLE, disabledReason = TestDaemon.REASON)
class DockerSandboxTest {
  private static final String CONNECT_TO_GUEST =
      """
      import socket, sys
      s = socket.socket(socket.AF_UNIX)
      s.settimeout(20)
      s.connect('/.dunes/run/guest.sock')
      s.sendall(bytes.fromhex('%s'))
      print(len(s.recv(100)))
      """;

  /** HELLO of docs/guest-protocol.md. */
  private static final String HELLO =
      "0000000c" + "01" + "00000000" + "44554e45" + "0001" + "0001" + "00000000";

  @TempDir static Path state;
  private static SandboxProvider provider;

  @BeforeAll
  static void open() {
    provider = new DockerSandboxProviderFactory().open(TestDaemon.settings(state));
  }

  @AfterAll
  static void close() {
    provider.close();
  }

  private static Sandbox create(SandboxSpec.Builder spec) {
    return provider.create(spec.lifetime(Duration.ofMinutes(10)).build());
  }

  private static JsonNode inspect(Sandbox sandbox) {
    return TestDaemon.engine().get("/containers/" + Containers.name(sandbox.id()) + "/json").json();
  }

  // ---- any image ----

  @Test
  void anImageNeedsNothingButWhatItsCommandsNeed() {
    try (Sandbox made = create(SandboxSpec.builder().image(TestDaemon.TINY_IMAGE))) {
      assertThat(made.exec(Command.of("/bin/busybox", "echo", "x")).stdout()).isEqualTo("x\n");
      assertThat(made.exec("echo $0").stdout()).isEqualTo("/bin/sh\n");
      made.files().write("/file", new byte[] {0, 1, (byte) 0xFF});
      assertThat(made.files().readBytes("/file")).containsExactly(0, 1, 0xFF);
    }
  }

  @Test
  void commandsAndFilesAreTheImagesUsers() {
    try (Sandbox made = create(SandboxSpec.builder().image(TestDaemon.USER_IMAGE))) {
      made.files().write("mine", "x");
      assertThat(made.exec("id -un; pwd; echo $HOME; stat -c %U mine").stdout())
          .isEqualTo("user\n/home/user\n/home/user\nuser\n");
      assertThat(made.info().metadata()).containsEntry("user", "user");
      assertThat(made.exec("grep CapEff /proc/self/status").stdout())
          .isEqualTo("CapEff:\t0000000000000000\n");
      assertThatThrownBy(() -> made.exec(Command.builder("id").user("root").build()))
          .isInstanceOf(SandboxException.class);
    }
  }

  @Test
  void theUserCanBeChosen() {
    SandboxSpec.Builder spec = SandboxSpec.builder().providerConfig("user", "nobody");
    try (Sandbox made = create(spec.workingDir("/tmp/work"))) {
      assertThat(made.exec("id -un; stat -c %U .").stdout()).isEqualTo("nobody\nnobody\n");
    }
    assertThatThrownBy(() -> create(SandboxSpec.builder().providerConfig("user", "a b")))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void anImageThatIsNotThereIsNamedWithARemedy() {
    assertThatThrownBy(() -> create(SandboxSpec.builder().image("dunes-test:none")))
        .hasMessageContaining("Docker image dunes-test:none not found")
        .extracting(e -> ((SandboxException) e).remedy().orElse(""))
        .isEqualTo("build or pull it: docker pull dunes-test:none");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "a b", "x\ny", "-x", "a?b=c", "a#b", "a%2fb", "/etc"})
  void namesThatAreNoneAreRefused(String image) {
    assertThatThrownBy(() -> create(SandboxSpec.builder().image(image)))
        .isInstanceOf(InvalidRequestException.class);
  }

  // ---- hardened ----

  @Test
  void aContainerIsConfined() {
    SandboxSpec.Builder spec =
        SandboxSpec.builder().memoryMb(256).cpuCores(0.5).maxProcesses(100).label("a", "b");
    try (Sandbox made = create(spec.env("SECRET_VALUE", "s3cr3t-value"))) {
      JsonNode container = inspect(made);
      JsonNode host = container.path("HostConfig");
      assertThat(host.path("CapDrop").toString()).isEqualTo("[\"ALL\"]");
      assertThat(host.path("CapAdd").toString().replace("CAP_", ""))
          .isEqualTo("[\"CHOWN\",\"DAC_OVERRIDE\",\"FOWNER\",\"SETGID\",\"SETUID\"]");
      assertThat(host.path("SecurityOpt").toString()).contains("no-new-privileges");
      assertThat(host.path("AutoRemove").asBoolean()).isTrue();
      assertThat(host.path("Privileged").asBoolean()).isFalse();
      assertThat(host.path("NetworkMode").asString()).isEqualTo("none");
      assertThat(host.path("Memory").asLong()).isEqualTo(256L << 20);
      assertThat(host.path("MemorySwap").asLong()).isEqualTo(256L << 20);
      assertThat(host.path("NanoCpus").asLong()).isEqualTo(500_000_000L);
      assertThat(host.path("PidsLimit").asInt()).isEqualTo(100);
      JsonNode labels = container.path("Config").path("Labels");
      assertThat(labels.path("sandstorm.managed").asString()).isEqualTo("true");
      assertThat(labels.path("dunes.sandbox").asString()).isEqualTo(made.id());
      assertThat(labels.path("dunes.label.a").asString()).isEqualTo("b");
      assertThat(container.toString()).doesNotContain("s3cr3t-value");
      assertThat(made.exec("echo $SECRET_VALUE").stdout()).isEqualTo("s3cr3t-value\n");
      assertThat(made.exec("grep -E 'NoNewPrivs|Seccomp:' /proc/self/status").stdout())
          .isEqualTo("NoNewPrivs:\t1\nSeccomp:\t2\n");
    }
  }

  @Test
  void nothingOfTheHostIsInSight() throws IOException {
    Path secret = Files.writeString(state.resolve("secret-of-the-host"), "x");
    try (Sandbox made = create(SandboxSpec.builder())) {
      assertThat(Files.exists(secret)).isTrue(); // the control: it is there for the host
      ExecResult seen =
          made.exec(
              "ls %s /proc/1/root%s /var/run/docker.sock %s 2>/dev/null"
                  .formatted(
                      secret, secret, TestDaemon.engine().address().toString().substring(7)));
      assertThat(seen.stdout()).isEmpty();
      assertThat(made.exec("grep -c docker.sock /proc/self/mountinfo").stdout()).isEqualTo("0\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mount -t tmpfs none /mnt",
        "mount --bind / /mnt",
        "unshare --mount true",
        "unshare --user true",
        "mknod /tmp/disk b 8 0",
        "echo x > /proc/sys/kernel/core_pattern",
        "echo x > /proc/sysrq-trigger",
        "chroot / true",
        "cat /proc/kcore | head -c 1 | grep .",
        "dmesg",
        "nsenter --target 1 --mount true",
        "hostname other",
        "touch /.dunes/guest"
      })
  void waysOutAreBarred(String attempt) {
    try (Sandbox made = create(SandboxSpec.builder())) {
      assertThat(made.exec(attempt).exitCode()).as(attempt).isNotZero();
      assertThat(made.exec("true").exitCode()).isZero();
    }
  }

  @Test
  void aCommandCannotBecomeTheGuestsEqual() {
    SandboxSpec.Builder spec = SandboxSpec.builder();
    try (Sandbox made = create(spec)) {
      ExecResult result =
          made.exec(
              Command.builder("python3", "-c", CONNECT_TO_GUEST.formatted(HELLO))
                  .user("nobody")
                  .build());
      assertThat(result.stdout().strip()).as(result.stderr()).isIn("", "0");
      assertThat(made.exec("echo on").stdout()).isEqualTo("on\n");
    }
  }

  @Test
  void theNetworkIsOnlyLoopback() {
    try (Sandbox made = create(SandboxSpec.builder())) {
      assertThat(made.exec("ls /sys/class/net").stdout()).isEqualTo("lo\n");
    }
    assertThatThrownBy(
            () -> create(SandboxSpec.builder().providerConfig("network_mode", "container:x")))
        .isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(
            () -> create(SandboxSpec.builder().providerConfig("network_mode", "no-such-network")))
        .hasMessageContaining("no-such-network");
  }

  @Test
  void filesCanBeReadOnly() {
    try (Sandbox made = create(SandboxSpec.builder().providerConfig("read_only", "yes"))) {
      assertThat(made.exec("touch /usr/x").exitCode()).isNotZero();
      assertThat(made.exec("touch /tmp/x ./x && echo made").stdout()).isEqualTo("made\n");
    }
  }

  // ---- limits ----

  @Test
  void aMemoryBombEndsWithItsCommand() {
    try (Sandbox made = create(SandboxSpec.builder().memoryMb(64))) {
      ExecResult result = made.exec(Command.of("python3", "-c", "x = bytearray(300 << 20)"));
      assertThat(result.exitCode()).isEqualTo(137);
      assertThat(result.exit().outOfMemory()).isTrue();
      assertThat(made.exec("echo on").stdout()).isEqualTo("on\n");
      assertThat(made.metrics().memoryLimitBytes()).hasValue(64L << 20);
    }
  }

  @Test
  void aForkBombIsHeldUp() {
    try (Sandbox made = create(SandboxSpec.builder().maxProcesses(60))) {
      ExecResult result =
          made.exec(
              Command.shellBuilder(
                      "(i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done); sleep 1000")
                  .timeout(Duration.ofSeconds(3))
                  .build());
      assertThat(result.stderr()).contains("fork");
      assertThat(made.exec("echo on").stdout()).isEqualTo("on\n");
    }
  }

  @Test
  void aDiskLimitIsKeptOrRefused() {
    try (Sandbox made = create(SandboxSpec.builder().label("disk", "limited").diskMb(20))) {
      assertThat(made.exec("head -c 40000000 /dev/zero > big").exitCode()).isNotZero();
    } catch (IsolationUnavailableException e) {
      assertThat(e).hasMessageContaining("diskMb");
      assertThat(e.remedy()).isPresent();
    }
    assertThat(provider.list(Map.of("disk", "limited"))).isEmpty();
  }

  @Test
  void aRuntimeThatIsNotThereIsRefused() {
    assertThatThrownBy(
            () -> create(SandboxSpec.builder().providerConfig("runtime", "kata-runtime")))
        .isInstanceOf(IsolationUnavailableException.class)
        .hasMessageContaining("kata-runtime");
    assertThatThrownBy(() ->
            create(
                SandboxSpec.builder()
                    .providerConfig("runtime", "runc")
                    .isolation(IsolationTier.GVISOR)))
        .isInstanceOf(IsolationUnavailableException.class);
  }

  @Test
  void whatItHasNotIsRefused() {
    assertThatThrownBy(() -> create(SandboxSpec.builder().providerConfig("privileged", "true")))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("privileged");
    assertThatThrownBy(
            () -> create(SandboxSpec.builder().volume(new VolumeMount(state, "/volume", 16))))
        .isInstanceOf(UnsupportedCapabilityException.class);
  }

  // ---- mounts and relays ----

  @Test
  void mountsAreSeenAndCannotBeWritten(@TempDir Path temp) throws IOException {
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(temp.resolve("file"), "of the host");
    try (Sandbox made = create(SandboxSpec.builder().mount(new HostMount(temp, "/opt/shown")))) {
      assertThat(made.exec("cat /opt/shown/file").stdout()).isEqualTo("of the host");
      assertThat(made.exec("echo x > /opt/shown/file").exitCode()).isNotZero();
    }
  }

  @Test
  void theDaemonsSocketIsNeverShown() {
    Path socket = ((DaemonAddress.Unix) TestDaemon.engine().address()).socket();
    for (Path source : new Path[] {socket, socket.getParent(), Path.of("/")}) {
      assertThatThrownBy(() -> create(SandboxSpec.builder().mount(new HostMount(source, "/x"))))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("socket");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aUserOfTheImageReachesASocketThatIsTheHosts(boolean lasting, @TempDir Path temp)
      throws Exception {
    Path path = temp.resolve("s");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(path));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
      Thread answering = Thread.ofVirtual().start(() -> answer(server));
      SandboxSpec.Builder spec = SandboxSpec.builder().image(TestDaemon.USER_IMAGE);
      try (Sandbox made = create(spec.relay(new HostRelay(8001, path, lasting)))) {
        ExecResult result =
            made.exec(
                Command.of(
                    "python3",
                    "-c",
                    "import socket; s = socket.create_connection(('127.0.0.1', 8001), 20);"
                        + " s.sendall(b'hello'); print(s.recv(9).decode())"));
        assertThat(result.stdout()).as(result.stderr()).isEqualTo("hello\n");
      }
      assertThat(answering.isVirtual()).isTrue();
    }
  }

  private static void answer(ServerSocketChannel server) {
    ByteBuffer piece = ByteBuffer.allocate(100);
    try (SocketChannel connection = server.accept()) {
      connection.read(piece);
      connection.write(piece.flip());
    } catch (IOException e) {
      return; // the test is over
    }
  }

  // ---- other programs, other daemons ----

  @Test
  void oneThatAnotherStateDirectoryMadeCanBeUsedAndEnded(@TempDir Path elsewhere) {
    SandboxProvider other = new DockerSandboxProviderFactory().open(TestDaemon.settings(elsewhere));
    try (Sandbox made = create(SandboxSpec.builder().label("from", "here").env("X", "secret"))) {
      assertThat(other.list(Map.of("from", "here")))
          .extracting(SandboxInfo::id)
          .containsExactly(made.id());
      Sandbox found = other.find(Map.of("from", "here")).orElseThrow();
      assertThat(found.exec("echo seen; echo $X").stdout()).isEqualTo("seen\n\n");
      found.pause();
      assertThat(made.state()).isEqualTo(SandboxState.STOPPED);
      found.resume();
      found.files().write("/tmp/file", "x");
      assertThat(made.files().readText("/tmp/file")).isEqualTo("x");
      found.close();
      assertThat(other.destroy(made.id())).isTrue();
      assertThat(made.state()).isEqualTo(SandboxState.TERMINATED);
    } finally {
      other.close();
    }
    assertThat(provider.list(Map.of("from", "here"))).isEmpty();
  }

  @Test
  void whatIsKilledFromOutsideIsGone() throws IOException {
    Sandbox made = create(SandboxSpec.builder().detached());
    Path directory = state.resolve("docker").resolve(made.id());
    assertThat(directory).exists();
    TestDaemon.engine()
        .call(
            "DELETE", "/containers/" + Containers.name(made.id()) + "?force=1", null, Engine.LONG);
    assertThat(made.state()).isEqualTo(SandboxState.TERMINATED);
    assertThat(provider.get(made.id())).isEmpty();
    provider.list(Map.of());
    assertThat(directory).doesNotExist();
    made.close();
  }

  @Test
  void runsOnGvisorWhereItIsInstalled() {
    DaemonInfo info = DaemonInfo.of(TestDaemon.engine());
    org.junit.jupiter.api.Assumptions.assumeTrue(
        info.runtimes().contains("runsc"), "the daemon has no runtime runsc");
    try (Sandbox made = create(SandboxSpec.builder().isolation(IsolationTier.GVISOR))) {
      assertThat(made.info().isolation()).isEqualTo(IsolationTier.GVISOR);
      assertThat(made.exec("dmesg").stdout()).contains("gVisor");
    }
  }
}
