package dev.dunes.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;

/**
 * A model on loopback that says the same to everything, as fast as a socket allows: what is
 * measured is the way to it.
 */
final class LoopbackModel implements AutoCloseable {
  private static final int BACKLOG = 4096;
  private static final int BUFFER = 256 * 1024;

  private final ServerSocket listener;
  private final byte[] answer;

  /**
   * @param answer head and body
   */
  LoopbackModel(byte[] answer) throws IOException {
    this.answer = answer;
    this.listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  URI base() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket connection = listener.accept();
        connection.setTcpNoDelay(true);
        Thread.ofVirtual().start(() -> serve(connection));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      InputStream in = connection.getInputStream();
      OutputStream out = connection.getOutputStream();
      HttpFrame frame = new HttpFrame(new byte[BUFFER]);
      while (frame.read(in::read)) {
        out.write(answer);
      }
    } catch (IOException e) {
      return; // the client has left
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  /** An answer with a body of this kind. */
  static byte[] answer(String contentType, String body) {
    return ("HTTP/1.1 200 OK\r\ncontent-type: "
            + contentType
            + "\r\ncontent-length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(US_ASCII);
  }
}
