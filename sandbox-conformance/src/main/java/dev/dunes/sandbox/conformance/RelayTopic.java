package dev.dunes.sandbox.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.Sandbox;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ways out of a sandbox that its maker gave it. */
abstract class RelayTopic extends Topic {
  private static final int PORT = 23_456;

  private static final String ASK =
      """
      import socket
      s = socket.create_connection(('127.0.0.1', %d), 20)
      s.sendall(b'question\\n')
      print(s.recv(100).decode())
      """
          .formatted(PORT);

  RelayTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @BeforeEach
  void needsRelays() {
    needs(Feature.RELAYS);
    assumeTrue(sh("python3 -c pass").success(), "the sandbox has no python3 to connect with");
  }

  @Test
  void aConnectionInsideReachesTheSocketOutside(@TempDir Path temp) throws Exception {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(temp.resolve("s"));
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      Thread answering = Thread.ofVirtual().start(() -> answer(server));
      try (Sandbox made =
          suite()
              .provider()
              .create(suite().spec().relay(new HostRelay(PORT, address.getPath())).build())) {
        for (int i = 0; i < 3; i++) {
          ExecResult result = made.exec(Command.of("python3", "-c", ASK));
          assertThat(result.stdout()).as(result.stderr()).isEqualTo("answer to question\n\n");
        }
      }
      assertThat(answering.isVirtual()).isTrue();
    }
  }

  @Test
  void aSocketThatIsNotThereResetsAtOnce(@TempDir Path temp) {
    try (Sandbox made =
        suite()
            .provider()
            .create(suite().spec().relay(new HostRelay(PORT, temp.resolve("none"))).build())) {
      ExecResult result = made.exec(Command.of("python3", "-c", ASK));
      assertThat(result.stdout().strip()).isEmpty();
      assertThat(made.exec("echo on").stdout()).isEqualTo("on\n");
    }
  }

  private static void answer(ServerSocketChannel server) {
    while (server.isOpen()) {
      try (SocketChannel connection = server.accept()) {
        ByteBuffer question = ByteBuffer.allocate(100);
        connection.read(question);
        question.flip();
        connection.write(ByteBuffer.wrap(("answer to " + UTF_8.decode(question)).getBytes(UTF_8)));
      } catch (IOException e) {
        return; // the test is over
      }
    }
  }
}
