package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.Check;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Daemons that are not there, go away, or talk nonsense. */
class FaultTest {
  @TempDir Path temp;

  private ProviderSettings settings(String host) {
    return new ProviderSettings(
        Map.of(
            "state_dir",
            temp.toString(),
            "docker_host",
            host,
            "docker_image",
            TestDaemon.IMAGE,
            "docker_pull",
            "never"),
        Map.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix:///no/such/docker.sock", "tcp://127.0.0.1:1"})
  void aDaemonThatIsNotThereIsAnErrorWithARemedy(String host) {
    try (SandboxProvider provider = new DockerSandboxProviderFactory().open(settings(host))) {
      assertThatThrownBy(() -> provider.create(SandboxSpec.DEFAULT))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("cannot be reached")
          .extracting(e -> ((SandboxException) e).remedy().orElse(""))
          .asString()
          .contains("DOCKER_HOST");
      assertThatThrownBy(provider::healthCheck).isInstanceOf(ProviderException.class);
    }
    List<Check> checks = new DockerSandboxProviderFactory().diagnose(settings(host));
    assertThat(checks).extracting(Check::status).containsExactly(Check.Status.FAIL);
  }

  @Test
  void withoutASocketItIsNotAvailable() {
    assertThat(
            new DockerSandboxProviderFactory()
                .availability(settings("unix:///no/such/docker.sock"))
                .usable())
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hello\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 999999 OK\r\n\r\n"
      })
  void nonsenseIsAnError(String answer) throws Exception {
    try (ServerSocketChannel server = listen("nonsense.sock")) {
      Thread answering = Thread.ofVirtual().start(() -> answerAll(server, answer));
      Engine engine = new Engine(new DaemonAddress.Unix(temp.resolve("nonsense.sock")));
      assertThatThrownBy(() -> engine.get("/info")).isInstanceOf(ProviderException.class);
      assertThat(answering.isVirtual()).isTrue();
    }
  }

  /** As a rootless one says where cgroup v2 is not delegated to it; it warns of nothing later. */
  @Test
  void aDaemonThatKeepsNoLimitsIsRefused() throws Exception {
    String info =
        "{\"CgroupDriver\":\"none\",\"Runtimes\":{\"runc\":{}},\"DefaultRuntime\":\"runc\","
            + "\"SecurityOptions\":[\"name=seccomp,profile=default\",\"name=rootless\"]}";
    String answer =
        "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s".formatted(info.length(), info);
    try (ServerSocketChannel server = listen("rootless.sock")) {
      Thread answering = Thread.ofVirtual().start(() -> answerAll(server, answer));
      ProviderSettings settings = settings("unix://" + temp.resolve("rootless.sock"));
      try (SandboxProvider provider = new DockerSandboxProviderFactory().open(settings)) {
        assertThatThrownBy(() -> provider.create(SandboxSpec.DEFAULT))
            .isInstanceOf(IsolationUnavailableException.class)
            .hasMessageContaining("no cgroups")
            .extracting(e -> ((SandboxException) e).remedy().orElse(""))
            .asString()
            .contains("cgroup v2");
      }
      assertThat(new DockerSandboxProviderFactory().diagnose(settings))
          .filteredOn(check -> check.status() == Check.Status.FAIL)
          .extracting(Check::name)
          .contains("confinement");
      assertThat(answering.isVirtual()).isTrue();
    }
  }

  @Test
  void anEndlessHeadIsCutOff() throws Exception {
    String endless = "HTTP/1.1 200 OK\r\n" + "x: y\r\n".repeat(20_000);
    try (ServerSocketChannel server = listen("endless.sock")) {
      Thread answering = Thread.ofVirtual().start(() -> answerAll(server, endless));
      Engine engine = new Engine(new DaemonAddress.Unix(temp.resolve("endless.sock")));
      assertThatThrownBy(() -> engine.get("/info"))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("longer than");
      assertThat(answering.isVirtual()).isTrue();
    }
  }

  @Test
  void aFullDiskIsAQuota() {
    Answer full =
        new Answer(
            500,
            "{\"message\":\"write /var/lib/docker/x: no space left on device\"}"
                .getBytes(ISO_8859_1));
    assertThat(DockerErrors.refused("make a container", full))
        .isInstanceOf(SandboxQuotaException.class)
        .hasMessageContaining("full");
  }

  @Test
  @EnabledIf(value = TestDaemon.USABLE, disabledReason = TestDaemon.REASON)
  void whenTheDaemonGoesAwayInTheMiddleNothingIsLeft() throws Exception {
    Path real = ((DaemonAddress.Unix) TestDaemon.engine().address()).socket();
    Path between = temp.resolve("between.sock");
    SocketForward forward = SocketForward.listen(between, real);
    try (SandboxProvider provider =
        new DockerSandboxProviderFactory().open(settings("unix://" + between))) {
      Sandbox made = provider.create(SandboxSpec.builder().label("fault", "cut").build());
      assertThat(made.exec("echo on").stdout()).isEqualTo("on\n");

      forward.close();
      Files.deleteIfExists(between);
      assertThat(made.exec("echo still").stdout())
          .as("its socket is no matter of the daemon's")
          .isEqualTo("still\n");
      assertThatThrownBy(made::info).isInstanceOf(ProviderException.class);
      assertThatThrownBy(made::destroy).isInstanceOf(ProviderException.class);
      SandboxSpec another = SandboxSpec.builder().label("fault", "cut").build();
      assertThatThrownBy(() -> provider.create(another)).isInstanceOf(ProviderException.class);

      forward = SocketForward.listen(between, real);
      assertThat(provider.destroy(made.id())).isTrue();
      assertThat(provider.list(Map.of("fault", "cut"))).isEmpty();
    } finally {
      forward.close();
    }
    try (Stream<Path> left = Files.list(temp.resolve("docker"))) {
      assertThat(left).isEmpty();
    }
  }

  private ServerSocketChannel listen(String name) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(temp.resolve(name)));
    return server;
  }

  private static void answerAll(ServerSocketChannel server, String answer) {
    while (server.isOpen()) {
      try (SocketChannel connection = server.accept()) {
        connection.read(ByteBuffer.allocate(1000));
        connection.write(ByteBuffer.wrap(answer.getBytes(ISO_8859_1)));
      } catch (IOException e) {
        return; // the test is over
      }
    }
  }
}
