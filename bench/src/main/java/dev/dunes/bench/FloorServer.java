package dev.dunes.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

/** A server of Node in a process of its own that does nothing but answer. */
final class FloorServer implements AutoCloseable {
  private final Process process;
  private final int port;

  private FloorServer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts it; it listens when this returns.
   *
   * @param script takes the port, and prints a line when it listens
   */
  static FloorServer start(Path script) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    ProcessBuilder builder = new ProcessBuilder("node", script.toString(), Integer.toString(port));
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    FloorServer server = new FloorServer(builder.start(), port);
    boolean listens = false;
    try {
      BufferedReader said =
          new BufferedReader(new InputStreamReader(server.process.getInputStream(), UTF_8));
      listens = said.readLine() != null;
      if (!listens) {
        throw new IOException("the server that has every answer ready did not start");
      }
      return server;
    } finally {
      if (!listens) {
        server.close();
      }
    }
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
