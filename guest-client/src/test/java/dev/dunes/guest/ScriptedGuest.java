package dev.dunes.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.guest.GuestConnection.Role;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The other end of a real socket, under the test's control: a guest that may say anything. */
final class ScriptedGuest implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(10);
  static final int OPENED = 2;
  static final GuestIdentity IDENTITY = new GuestIdentity("scripted", "abcdefabcdef");

  private final SocketChannel host;
  private final SocketChannel guest;
  private final FrameReader received;

  ScriptedGuest() throws IOException {
    Path directory = Files.createTempDirectory("guest");
    Path path = directory.resolve("s");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(path));
      host = SocketChannel.open(UnixDomainSocketAddress.of(path));
      guest = server.accept();
    } finally {
      Files.deleteIfExists(path);
      Files.delete(directory);
    }
    received = new FrameReader(GuestTransport.over(guest));
  }

  GuestTransport transport() {
    return GuestTransport.over(host);
  }

  /** A connection whose greeting went as it should. */
  GuestConnection connect() throws IOException {
    welcome(1);
    GuestConnection connection = GuestConnection.open(transport(), IDENTITY, Role.VISITOR, LIMIT);
    assertThat(next().type()).isEqualTo(FrameType.HELLO);
    return connection;
  }

  /** A sandbox whose inside is this guest. */
  GuestSandbox sandbox() throws IOException {
    return new FakeSandbox(connect());
  }

  void welcome(int version) throws IOException {
    send(FrameType.WELCOME, 0, new PayloadWriter().u16(version).str("scripted").u32(1));
  }

  void send(int type, int stream, PayloadWriter payload) throws IOException {
    send(type, stream, payload.toBytes());
  }

  void send(int type, int stream, byte[] payload) throws IOException {
    raw(
        ByteBuffer.allocate(9 + payload.length)
            .putInt(5 + payload.length)
            .put((byte) type)
            .putInt(stream)
            .put(payload)
            .array());
  }

  void event(int stream, int kind, PayloadWriter rest) throws IOException {
    byte[] more = rest.toBytes();
    send(
        FrameType.EVENT,
        stream,
        ByteBuffer.allocate(1 + more.length).put((byte) kind).put(more).array());
  }

  void started(int stream) throws IOException {
    event(stream, 1, new PayloadWriter().u32(42));
  }

  void opened(int stream) throws IOException {
    event(stream, OPENED, entry("f"));
  }

  void data(int stream, int channel, byte[] bytes) throws IOException {
    send(
        FrameType.DATA,
        stream,
        ByteBuffer.allocate(1 + bytes.length).put((byte) channel).put(bytes).array());
  }

  static PayloadWriter entry(String name) {
    return new PayloadWriter().str(name).u8(0).u32(0644).u64(1).u64(0).u32(0).u32(0).str("");
  }

  static PayloadWriter exit(int how, int code) {
    return new PayloadWriter().u8(how).u32(code).bool(false).u64(1).u64(1).u64(1).u64(1);
  }

  void raw(byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      guest.write(buffer);
    }
  }

  /** The next frame the host sent. */
  Frame next() {
    try {
      return received.read().orElseThrow(() -> new AssertionError("the host hung up"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The next frame of this type, others are skipped. */
  Frame next(int type) {
    while (true) {
      Frame frame = next();
      if (frame.type() == type) {
        return frame;
      }
    }
  }

  /** Whether the host has hung up, all it sent before being read. */
  boolean hungUp() {
    try {
      while (true) {
        Optional<Frame> frame = received.read();
        if (frame.isEmpty()) {
          return true;
        }
      }
    } catch (IOException e) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    guest.close();
    host.close();
  }

  private static final class FakeSandbox extends GuestSandbox {
    FakeSandbox(GuestConnection connection) {
      super(IDENTITY.sandbox(), IDENTITY.provider(), SandboxSpec.DEFAULT);
      adopt(connection);
    }

    @Override
    protected GuestConnection connect() {
      throw new dev.dunes.sandbox.SandboxNotFoundException("gone");
    }

    @Override
    public dev.dunes.sandbox.SandboxInfo info() {
      throw new UnsupportedOperationException();
    }

    @Override
    public dev.dunes.sandbox.SandboxState state() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<java.time.Instant> deadline() {
      return Optional.empty();
    }

    @Override
    public void renew(Duration lifetime) {
      setGuestDeadline(lifetime);
    }

    @Override
    public dev.dunes.sandbox.SandboxMetrics metrics() {
      GuestUsage usage = usage();
      return new dev.dunes.sandbox.SandboxMetrics(
          usage.cpuTime(),
          usage.residentBytes(),
          java.util.OptionalLong.empty(),
          usage.processes(),
          usage.diskUsedBytes(),
          java.util.OptionalLong.empty(),
          usage.uptime());
    }

    @Override
    public Optional<dev.dunes.sandbox.Pausing> pausing() {
      return Optional.empty();
    }

    @Override
    public Optional<dev.dunes.sandbox.Forking> forking() {
      return Optional.empty();
    }

    @Override
    public boolean destroy() {
      return false;
    }

    @Override
    public void close() {
      disconnect();
    }
  }
}
