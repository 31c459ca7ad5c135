package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Timer;
import java.util.TimerTask;

/** A client on a bare Unix socket. Every wait ends after 20 seconds at most. */
final class RawClient implements AutoCloseable {
  private static final Timer DEADLINES = new Timer("test-deadlines", true);

  /** One answer. */
  record Answer(int status, String head, byte[] body) {
    String text() {
      return new String(body, UTF_8);
    }

    String header(String name) {
      return head.lines()
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst()
          .orElse("");
    }
  }

  private final SocketChannel channel;
  private final TimerTask deadline;
  private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024).flip();

  private RawClient(SocketChannel channel, long limitMillis) {
    this.channel = channel;
    this.deadline =
        new TimerTask() {
          @Override
          public void run() {
            try {
              channel.close();
            } catch (IOException e) {
              throw new IllegalStateException(e);
            }
          }
        };
    DEADLINES.schedule(deadline, limitMillis);
  }

  static RawClient connect(Path socket) throws IOException {
    return connect(socket, 20_000);
  }

  static RawClient connect(Path socket, long limitMillis) throws IOException {
    return new RawClient(SocketChannel.open(UnixDomainSocketAddress.of(socket)), limitMillis);
  }

  /** One request and its answer, on a connection of their own. */
  static Answer exchange(Path socket, String request) throws IOException {
    try (RawClient client = connect(socket)) {
      client.send(request);
      return client.answer();
    }
  }

  /** A request with a body, as agents send it. */
  static String post(String path, String token, String body) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
        + token
        + "\r\nanthropic-version: 2023-06-01\r\ncontent-type: application/json\r\ncontent-length: "
        + body.getBytes(UTF_8).length
        + "\r\n\r\n"
        + body;
  }

  RawClient send(String text) throws IOException {
    return send(text.getBytes(UTF_8));
  }

  RawClient send(byte[] bytes) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    while (rest.hasRemaining()) {
      channel.write(rest);
    }
    return this;
  }

  void endOutput() throws IOException {
    channel.shutdownOutput();
  }

  /** The next byte, or -1 at the end. */
  int read() throws IOException {
    if (!buffer.hasRemaining()) {
      buffer.clear();
      int count = channel.read(buffer);
      buffer.flip();
      if (count < 0) {
        return -1;
      }
    }
    return buffer.get() & 0xff;
  }

  /** Up to and with this text. */
  String until(String end) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (!bytes.toString(ISO_8859_1).endsWith(end)) {
      int each = read();
      if (each < 0) {
        throw new IOException("the connection ended after: " + bytes.toString(UTF_8));
      }
      bytes.write(each);
    }
    return bytes.toString(UTF_8);
  }

  byte[] exactly(int count) throws IOException {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      int each = read();
      if (each < 0) {
        throw new IOException("the connection ended after " + i + " bytes of " + count);
      }
      bytes[i] = (byte) each;
    }
    return bytes;
  }

  byte[] toEnd() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int each = read(); each >= 0; each = read()) {
      bytes.write(each);
    }
    return bytes.toByteArray();
  }

  /** A whole answer. */
  Answer answer() throws IOException {
    String head = until("\r\n\r\n");
    Answer empty = new Answer(Integer.parseInt(head.split(" ")[1]), head, new byte[0]);
    byte[] body;
    if (empty.header("transfer-encoding").equals("chunked")) {
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      for (String piece = chunk(); !piece.isEmpty(); piece = chunk()) {
        whole.writeBytes(piece.getBytes(ISO_8859_1));
      }
      body = whole.toByteArray();
    } else if (!empty.header("content-length").isEmpty()) {
      body = exactly(Integer.parseInt(empty.header("content-length")));
    } else {
      body = toEnd();
    }
    return new Answer(empty.status(), head, body);
  }

  /** The next piece of a body in chunks; empty for the last. Bytes as Latin 1. */
  String chunk() throws IOException {
    int size = Integer.parseInt(until("\r\n").strip(), 16);
    String piece = new String(exactly(size), ISO_8859_1);
    until("\r\n");
    return piece;
  }

  @Override
  public void close() throws IOException {
    deadline.cancel();
    channel.close();
  }
}
