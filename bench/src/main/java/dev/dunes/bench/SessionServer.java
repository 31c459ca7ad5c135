package dev.dunes.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A server of the agent API in a process of its own. */
final class SessionServer implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);
  private static final long LOOK_NANOS = 1_000_000;
  private static final Duration ANSWER = Duration.ofSeconds(60);

  private final Process process;
  private final int port;
  private final double startMillis;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private SessionServer(Process process, int port, long started) throws IOException {
    this.process = process;
    this.port = port;
    awaitHealth();
    this.startMillis = (System.nanoTime() - started) / 1e6;
  }

  /**
   * Starts it; it answers when this returns.
   *
   * @param program takes {@code server} and its options
   * @param directory where it works
   * @param environment in addition to ours
   */
  static SessionServer start(String program, Path directory, Map<String, String> environment)
      throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    ProcessBuilder builder =
        new ProcessBuilder(
            program,
            "server",
            "--no-token",
            "--no-telemetry",
            "--host",
            "127.0.0.1",
            "--port",
            Integer.toString(port));
    builder.directory(directory.toFile());
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.redirectError(directory.resolve("server.log").toFile());
    builder.environment().putAll(environment);
    long started = System.nanoTime();
    Process process = builder.start();
    try {
      return new SessionServer(process, port, started);
    } catch (IOException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private void awaitHealth() throws IOException {
    long deadline = System.nanoTime() + START.toNanos();
    while (true) {
      try {
        if (send("GET", "/v1/health", "").statusCode() == 200) {
          return;
        }
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() - deadline > 0) {
          throw new IOException("the server does not answer", e);
        }
        LockSupport.parkNanos(LOOK_NANOS);
      }
    }
  }

  int port() {
    return port;
  }

  /** From its start as a process to its first answer. */
  double startMillis() {
    return startMillis;
  }

  /** What of it is in memory, in MB of 10⁶ bytes. */
  double residentMegabytes() throws IOException {
    List<String> lines =
        Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"));
    return lines.stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024 / 1e6)
        .findFirst()
        .orElseThrow(() -> new IOException("the kernel does not tell VmRSS"));
  }

  /**
   * Asks, and takes nothing but a good answer.
   *
   * @param headers names and values in turn
   */
  String ask(String method, String path, String body, String... headers) throws IOException {
    HttpResponse<String> response = send(method, path, body, headers);
    if (response.statusCode() / 100 != 2) {
      throw new IOException("%s %s: %s".formatted(method, path, response.body()));
    }
    return response.body();
  }

  private HttpResponse<String> send(String method, String path, String body, String... headers)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(ANSWER);
    if (headers.length > 0) {
      request.headers(headers);
    }
    if (body.isEmpty()) {
      request.method(method, HttpRequest.BodyPublishers.noBody());
    } else {
      request
          .header("content-type", "application/json")
          .method(method, HttpRequest.BodyPublishers.ofString(body));
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException("interrupted", e));
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
