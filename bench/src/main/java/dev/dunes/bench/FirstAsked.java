package dev.dunes.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A model that notes when it is asked and refuses, so that an agent ends at once. */
final class FirstAsked implements AutoCloseable {
  private static final byte[] REFUSAL = refusal();

  private final ServerSocket listener;
  private final LinkedBlockingQueue<Long> asked = new LinkedBlockingQueue<>();

  FirstAsked() throws IOException {
    listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("first-asked").start(this::accept);
  }

  String uri() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** Forgets what came. */
  void forget() {
    asked.clear();
  }

  /** When the first request came, by {@link System#nanoTime}. */
  long first() throws IOException, InterruptedException {
    Long at = asked.poll(60, TimeUnit.SECONDS);
    if (at == null) {
      throw new IOException("the model was not asked within 60 s");
    }
    return at;
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        Thread.ofVirtual().start(() -> answer(socket));
      }
    } catch (SocketException e) {
      // closed
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void answer(Socket socket) {
    try (socket) {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
      String line = in.readLine();
      if (line != null && line.startsWith("POST /v1/messages")) {
        asked.add(System.nanoTime());
      }
      int length = 0;
      while (line != null && !line.isEmpty()) {
        if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
          length = Integer.parseInt(line.substring(15).strip());
        }
        line = in.readLine();
      }
      in.skip(length);
      socket.getOutputStream().write(REFUSAL);
    } catch (IOException e) {
      // The client has what it wants.
    }
  }

  private static byte[] refusal() {
    String body =
        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"measured\"}}";
    return ("HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(US_ASCII);
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
