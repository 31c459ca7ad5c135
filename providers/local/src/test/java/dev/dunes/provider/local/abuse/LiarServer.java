package dev.dunes.provider.local.abuse;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Takes the place of a sandbox's guest and follows a script. Speaks docs/guest-protocol.md as far
 * as a lie needs it.
 */
final class LiarServer implements Closeable {
  static final int WELCOME = 0x02;
  static final int PING = 0x03;
  static final int GOAWAY = 0x05;
  static final int RESULT = 0x11;
  static final int ERROR = 0x12;
  static final int DATA = 0x13;
  static final int EVENT = 0x18;

  /** What to say on one connection. */
  interface Script {
    void play(Talk talk) throws IOException;
  }

  /** One connection. */
  record Talk(DataInputStream in, DataOutputStream out) {
    /** Waits for the next frame of the host; its stream. */
    int hear() throws IOException {
      int length = in.readInt();
      in.readByte();
      int stream = in.readInt();
      in.skipNBytes(length - 5L);
      return stream;
    }

    void say(int type, int stream, byte[] payload) throws IOException {
      ByteArrayOutputStream frame = new ByteArrayOutputStream();
      DataOutputStream to = new DataOutputStream(frame);
      to.writeInt(5 + payload.length);
      to.writeByte(type);
      to.writeInt(stream);
      to.write(payload);
      out.write(frame.toByteArray());
    }

    void raw(byte[] bytes) throws IOException {
      out.write(bytes);
    }

    /** Greets like an honest guest; the stream of the first operation. */
    int greet() throws IOException {
      hear();
      say(WELCOME, 0, new Payload().u16(1).str("1.0").u32(1).bytes());
      return hear();
    }
  }

  /** Builds payloads. */
  static final class Payload {
    private final ByteArrayOutputStream to = new ByteArrayOutputStream();
    private final DataOutputStream data = new DataOutputStream(to);

    Payload u8(int value) throws IOException {
      data.writeByte(value);
      return this;
    }

    Payload u16(int value) throws IOException {
      data.writeShort(value);
      return this;
    }

    Payload u32(int value) throws IOException {
      data.writeInt(value);
      return this;
    }

    Payload u64(long value) throws IOException {
      data.writeLong(value);
      return this;
    }

    Payload str(String value) throws IOException {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      return u32(bytes.length).raw(bytes);
    }

    Payload raw(byte[] bytes) throws IOException {
      data.write(bytes);
      return this;
    }

    byte[] bytes() {
      return to.toByteArray();
    }
  }

  private final ServerSocketChannel server;

  /**
   * Serves at the socket of a guest, which can only be reached by those who are connected already.
   */
  LiarServer(Path socket, Script script) throws IOException {
    Files.deleteIfExists(socket);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual().start(() -> serve(script));
  }

  private void serve(Script script) {
    while (true) {
      try {
        SocketChannel client = server.accept();
        Thread.ofVirtual().start(() -> talk(client, script));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private static void talk(SocketChannel client, Script script) {
    try (client) {
      script.play(
          new Talk(
              new DataInputStream(Channels.newInputStream(client)),
              new DataOutputStream(Channels.newOutputStream(client))));
      client.shutdownOutput();
      while (client.read(java.nio.ByteBuffer.allocate(4096)) >= 0) {
        // until the host has had enough
      }
    } catch (IOException e) {
      // the host has hung up
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
