package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;

/**
 * A provider on loopback, on bare sockets: a test sees every byte that came and says every byte.
 */
final class FakeProvider implements AutoCloseable {
  /** One request as it came. */
  record Asked(String line, List<String> headers, byte[] body) {
    Optional<String> header(String name) {
      String start = name.toLowerCase(Locale.ROOT) + ":";
      return headers.stream()
          .filter(each -> each.toLowerCase(Locale.ROOT).startsWith(start))
          .map(each -> each.substring(start.length()).strip())
          .findFirst();
    }

    String text() {
      return new String(body, UTF_8);
    }

    /** Everything, to look for what must not be in it. */
    String all() {
      return line + "\n" + String.join("\n", headers) + "\n" + text();
    }
  }

  /** What is said to a request. */
  interface Script {
    void answer(Asked asked, Socket connection) throws IOException, InterruptedException;
  }

  private final ServerSocket listener;
  private final Script script;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> ended = new LinkedBlockingQueue<>();

  private FakeProvider(Script script, ServerSocketFactory sockets) throws IOException {
    this.script = script;
    this.listener = sockets.createServerSocket(0, 4096, InetAddress.ofLiteral("127.0.0.1"));
    Thread.ofVirtual().start(this::accept);
  }

  static FakeProvider answering(Script script) throws IOException {
    return new FakeProvider(script, ServerSocketFactory.getDefault());
  }

  /** One that speaks TLS. */
  static FakeProvider secure(SSLContext context, Script script) throws IOException {
    return new FakeProvider(script, context.getServerSocketFactory());
  }

  /** Says the same to everything. */
  static FakeProvider saying(int status, String contentType, String body) throws IOException {
    return answering((asked, connection) -> say(connection, status, contentType, body));
  }

  static void say(Socket connection, int status, String contentType, String body)
      throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    write(
        connection,
        "HTTP/1.1 "
            + status
            + " Status\r\ncontent-type: "
            + contentType
            + "\r\ncontent-length: "
            + bytes.length
            + "\r\n\r\n"
            + body);
  }

  static void write(Socket connection, String text) throws IOException {
    OutputStream out = connection.getOutputStream();
    out.write(text.getBytes(UTF_8));
    out.flush();
  }

  /** The head of a stream of events; each piece is a chunk. */
  static void beginStream(Socket connection) throws IOException {
    write(
        connection,
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
  }

  static void chunk(Socket connection, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    write(connection, Integer.toHexString(bytes.length) + "\r\n" + text + "\r\n");
  }

  static void endStream(Socket connection) throws IOException {
    write(connection, "0\r\n\r\n");
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket connection = listener.accept();
        connection.setTcpNoDelay(true);
        connections.add(connection);
        Thread.ofVirtual().start(() -> serve(connection));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      InputStream in = connection.getInputStream();
      for (Optional<Asked> next = read(in); next.isPresent(); next = read(in)) {
        asked.add(next.get());
        script.answer(next.get(), connection);
      }
      ended.add("closed");
    } catch (IOException | InterruptedException | NumberFormatException e) {
      ended.add(e.toString());
    }
  }

  private static Optional<Asked> read(InputStream in) throws IOException {
    String line = line(in);
    if (line.isEmpty()) {
      return Optional.empty();
    }
    List<String> headers = new ArrayList<>();
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      headers.add(header);
    }
    Asked head = new Asked(line, headers, new byte[0]);
    byte[] body = new byte[0];
    if (head.header("content-length").isPresent()) {
      body = exactly(in, Integer.parseInt(head.header("content-length").get()));
    } else if (head.header("transfer-encoding").isPresent()) {
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      for (int size = Integer.parseInt(line(in), 16);
          size > 0;
          size = Integer.parseInt(line(in), 16)) {
        whole.writeBytes(exactly(in, size));
        line(in);
      }
      line(in);
      body = whole.toByteArray();
    }
    return Optional.of(new Asked(line, headers, body));
  }

  private static byte[] exactly(InputStream in, int size) throws IOException {
    byte[] bytes = in.readNBytes(size);
    if (bytes.length < size) {
      throw new IOException("truncated");
    }
    return bytes;
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int each = in.read(); each >= 0 && each != '\n'; each = in.read()) {
      if (each != '\r') {
        line.write(each);
      }
    }
    return line.toString(ISO_8859_1);
  }

  URI base() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  int port() {
    return listener.getLocalPort();
  }

  /** The next request that came, or has come. */
  Asked asked() throws InterruptedException {
    Asked next = asked.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing was asked of the provider");
    }
    return next;
  }

  /** How many connections there have been. */
  int connections() {
    return connections.size();
  }

  int waiting() {
    return asked.size();
  }

  /** Waits until a connection has ended, and says how. */
  String ended() throws InterruptedException {
    String how = ended.poll(10, TimeUnit.SECONDS);
    if (how == null) {
      throw new AssertionError("no connection to the provider has ended");
    }
    return how;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket connection : connections) {
      connection.close();
    }
  }
}
