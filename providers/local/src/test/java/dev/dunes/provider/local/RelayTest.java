package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * The ways out: a host's socket at a port of the sandbox's loopback, or the host's network where it
 * was asked for.
 */
class RelayTest {
  private static final String ASK =
      "python3 -c 'import socket; s=socket.create_connection((\"127.0.0.1\", %d), 5); print(s.recv(100).decode())'";

  /** Says hello to whoever connects, from a socket that nobody else can reach. */
  private static ServerSocketChannel greeter(Path socket, String directory, String mode)
      throws IOException {
    Files.setPosixFilePermissions(
        Files.createDirectories(socket.getParent()), PosixFilePermissions.fromString(directory));
    ServerSocketChannel server =
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
            .bind(UnixDomainSocketAddress.of(socket));
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString(mode));
    Thread.ofVirtual().start(() -> greet(server));
    return server;
  }

  private static void greet(ServerSocketChannel server) {
    while (true) {
      try (SocketChannel client = server.accept()) {
        client.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  @Test
  void aPrivateSocketIsReachedByTheSandboxOnly() throws IOException {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/python3")), "skipped: needs python3");
    try (Local local = Local.open()) {
      Path hidden = local.base.resolve("hidden/gateway.sock");
      Path open = local.base.resolve("open/gateway.sock");
      try (ServerSocketChannel _ = greeter(hidden, "rwx------", "rw-------");
          ServerSocketChannel _ = greeter(open, "rwxr-xr-x", "rw-rw-rw-");
          Sandbox sandbox =
              local.create(
                  SandboxSpec.builder()
                      .relay(new HostRelay(8080, hidden))
                      .relay(new HostRelay(8081, open)));
          Sandbox fork = sandbox.forking().orElseThrow().fork();
          Sandbox without = local.create()) {
        for (Sandbox each : List.of(sandbox, fork)) {
          assertThat(Local.sh(each, ASK.formatted(8080))).isEqualTo("hello");
          assertThat(Local.sh(each, ASK.formatted(8081))).isEqualTo("hello");
        }
        assertThat(without.exec(ASK.formatted(8080)).success()).isFalse();
        assertThat(sandbox.exec(ASK.formatted(8082)).stderr()).contains("refused");
        assertThat(Files.getPosixFilePermissions(hidden))
            .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(Files.getAttribute(hidden, "unix:uid"))
            .isEqualTo(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
      }
      try (Sandbox sandbox =
          local.create(
              SandboxSpec.builder().relay(new HostRelay(8080, local.base.resolve("none"))))) {
        assertThat(sandbox.exec(ASK.formatted(8080)).success()).as("nobody listens").isFalse();
      }
    }
  }

  /** Whoever listens there later is reached, and the socket is all that is seen. */
  @Test
  void aLastingSocketMayBeMadeAnew() throws IOException {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/python3")), "skipped: needs python3");
    try (Local local = Local.open()) {
      Path socket = local.base.resolve("lasting/proxy.sock");
      Sandbox sandbox;
      try (ServerSocketChannel _ = greeter(socket, "rwx------", "rw-------")) {
        sandbox = local.create(SandboxSpec.builder().relay(new HostRelay(8080, socket, true)));
        assertThat(Local.sh(sandbox, ASK.formatted(8080))).isEqualTo("hello");
      }
      try (sandbox) {
        Files.delete(socket);
        assertThat(sandbox.exec(ASK.formatted(8080)).success()).as("nobody listens").isFalse();
        try (ServerSocketChannel _ = greeter(socket, "rwx------", "rw-------")) {
          assertThat(Local.sh(sandbox, ASK.formatted(8080))).isEqualTo("hello");
          assertThat(sandbox.exec("rm -f /run/dunes/relay/8080/proxy.sock").success()).isFalse();
          assertThat(sandbox.exec("touch /run/dunes/relay/8080/x").success()).isFalse();
        }
      }
    }
  }

  /** Each owner takes a mapping of its own. */
  @Test
  void privateSocketsMayBelongToSeveralUsers() throws IOException {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/python3")), "skipped: needs python3");
    try (Local local = Local.open()) {
      Path mine = local.base.resolve("mine/gateway.sock");
      Path also = local.base.resolve("mine/proxy.sock");
      Path theirs = local.base.resolve("theirs/gateway.sock");
      try (ServerSocketChannel _ = greeter(mine, "rwx------", "rw-------");
          ServerSocketChannel _ = greeter(also, "rwx------", "rw-------");
          ServerSocketChannel _ = greeter(theirs, "rwx------", "rw-------")) {
        boolean root = Files.getAttribute(mine, "unix:uid").equals(0);
        Assumptions.assumeTrue(root, "skipped: only root may give a file away");
        Files.setAttribute(theirs, "unix:uid", 12345);
        try (Sandbox sandbox =
            local.create(
                SandboxSpec.builder()
                    .relay(new HostRelay(8080, mine))
                    .relay(new HostRelay(8081, theirs))
                    .relay(new HostRelay(8082, also)))) {
          for (int port = 8080; port <= 8082; port++) {
            assertThat(Local.sh(sandbox, ASK.formatted(port))).isEqualTo("hello");
          }
        }
      }
    }
  }

  @Test
  void theHostsNetworkIsThereOnRequestOnly() throws IOException {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/python3")), "skipped: needs python3");
    try (Local local = Local.open();
        ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      String connect =
          "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", %d), 5); print(\"in\")'"
              .formatted(server.getLocalPort());
      try (Sandbox host = local.create(SandboxSpec.builder().network(NetworkMode.HOST));
          Sandbox none = local.create()) {
        assertThat(Local.sh(host, connect)).isEqualTo("in");
        assertThat(none.exec(connect).stderr()).contains("refused");
        assertThat(Local.sh(host, "cat /etc/resolv.conf"))
            .isEqualTo(Files.readString(Path.of("/etc/resolv.conf")).strip());
      }
    }
  }
}
