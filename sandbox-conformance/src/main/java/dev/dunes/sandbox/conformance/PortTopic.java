package dev.dunes.sandbox.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.PortAccess.ExposedPort;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reaching servers inside. */
abstract class PortTopic extends Topic {
  /** Answers each connection with all it was sent, once the sender has ended its part. */
  private static final String ECHO =
      """
      import socket, sys, threading
      s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
      s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen(50)
      def serve(c):
          data = b''
          while True:
              more = c.recv(65536)
              if not more: break
              data += more
          c.sendall(data); c.close()
      while True:
          threading.Thread(target=serve, args=(s.accept()[0],)).start()
      """;

  /** Says in a file that it has got something, then that its connection has ended. */
  private static final String WAITS =
      """
      import socket, sys
      def say(word):
          with open(sys.argv[2], 'w') as f: f.write(word)
      s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
      s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen(5)
      c = s.accept()[0]
      if c.recv(1): say('some')
      try:
          c.recv(1)
      except OSError: pass
      say('ended')
      """;

  PortTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @BeforeEach
  void needsPorts() {
    needs(Feature.PORTS);
    assumeTrue(sh("python3 -c pass").success(), "the sandbox has no python3 to serve with");
  }

  private PortAccess ports() {
    return sandbox().ports().orElseThrow();
  }

  /** A port that is free here; where ports are shared with the sandbox it is free there too. */
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private RunningCommand echo(int port) {
    RunningCommand running =
        sandbox().start(Command.of("python3", "-c", ECHO, Integer.toString(port)));
    ports().awaitListening(port, Suite.LIMIT);
    return running;
  }

  @Test
  void aWebServerInsideIsReached() throws IOException {
    String directory = directory();
    files().write(directory + "/hello.txt", "hello from inside");
    int port = freePort();
    Command command =
        Command.of(
            "python3",
            "-m",
            "http.server",
            "--bind",
            "127.0.0.1",
            "--directory",
            directory,
            "" + port);
    try (RunningCommand server = sandbox().start(command)) {
      ports().awaitListening(port, Suite.LIMIT);
      assertThat(ports().listening()).contains(port).isSorted();
      try (ExposedPort exposed = sandbox().expose(port);
          InputStream body = exposed.uri().resolve("/hello.txt").toURL().openStream()) {
        assertThat(exposed.port()).isEqualTo(port);
        assertThat(exposed.address().getAddress().isLoopbackAddress()).isTrue();
        assertThat(new String(body.readAllBytes(), UTF_8)).isEqualTo("hello from inside");
      }
      assertThat(server.isRunning()).isTrue();
    }
  }

  @Test
  void manyConnectionsCarryMuchBothWaysAndEndHalfByHalf() throws IOException {
    int port = freePort();
    try (RunningCommand server = echo(port);
        ExposedPort exposed = sandbox().expose(port)) {
      for (int i = 0; i < 5; i++) {
        byte[] sent = Hashes.bytes(600_000, i); // more than all buffers on the way
        try (Socket socket = connect(exposed.address())) {
          Thread sender = Thread.ofVirtual().start(() -> send(socket, sent));
          byte[] back = socket.getInputStream().readAllBytes();
          assertThat(Hashes.sha256(back)).isEqualTo(Hashes.sha256(sent));
          assertThat(sender.isVirtual()).isTrue();
        }
      }
      assertThat(server.isRunning()).isTrue();
    }
  }

  private static void send(Socket socket, byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Socket connect(InetSocketAddress address) throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout((int) Suite.LIMIT.toMillis());
    socket.connect(address, (int) Suite.LIMIT.toMillis());
    return socket;
  }

  /** A server that waits for more sees that nobody will send it. */
  @Test
  void connectionsEndWithTheirPort() throws IOException {
    String seen = directory() + "/seen";
    int port = freePort();
    Command command = Command.of("python3", "-c", WAITS, "" + port, seen);
    try (RunningCommand server = sandbox().start(command)) {
      ports().awaitListening(port, Suite.LIMIT);
      ExposedPort exposed = sandbox().expose(port);
      try (Socket socket = connect(exposed.address())) {
        socket.getOutputStream().write('x');
        Suite.eventually("the server has it", () -> files().exists(seen));
        exposed.close();
        Suite.eventually("the server is told", () -> files().readText(seen).equals("ended"));
      }
      assertThat(server.waitFor(Suite.LIMIT)).isPresent();
    }
  }

  @Test
  void aPortNobodyServesRefusesAtOnce() throws IOException {
    try (ExposedPort exposed = sandbox().expose(freePort())) {
      // the reset may come while the connection is still being made
      try (Socket socket = connect(exposed.address())) {
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("reset");
      }
    }
  }

  @Test
  void onceClosedItIsNotReachedAnyMore() throws IOException {
    int port = freePort();
    try (RunningCommand server = echo(port)) {
      ExposedPort exposed = sandbox().expose(port);
      exposed.close();
      exposed.close();
      // a process of this program that is just being started holds the port a moment longer
      Suite.eventually("it refuses", () -> refuses(exposed.address()));
      assertThat(server.isRunning()).isTrue();
    }
  }

  private static boolean refuses(InetSocketAddress address) {
    try (Socket connected = connect(address)) {
      return !connected.isConnected();
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void waitingForAServerThatNeverComesEnds() throws IOException {
    int port = freePort();
    assertThatThrownBy(() -> ports().awaitListening(port, Duration.ofMillis(50)))
        .isInstanceOf(SandboxTimeoutException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 65536})
  void portsThatAreNoneAreRefused(int port) {
    assertThatThrownBy(() -> ports().expose(port)).isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void onlyThisMachineCanConnect() throws IOException {
    try (ExposedPort exposed = sandbox().expose(freePort())) {
      assertThat(exposed.address().getAddress()).isEqualTo(InetAddress.getByName("127.0.0.1"));
    }
  }
}
