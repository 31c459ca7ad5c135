package dev.dunes.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A server of the query API that answers every prompt with the same lines. */
final class FakeServer implements AutoCloseable {
  /** A request that came. */
  record Seen(String line, String authorization, String body) {}

  final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private volatile String stream = "";
  private volatile int status = 200;
  private volatile String refusal = "";

  FakeServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Answers prompts with these events. */
  FakeServer events(String... events) {
    stream = ": ping\n\ndata: " + String.join("\n\ndata: ", events) + "\n\n";
    return this;
  }

  /** Answers prompts with these bytes. */
  FakeServer bytes(String text) {
    stream = text;
    return this;
  }

  /** Answers everything with an error. */
  FakeServer refuse(int code, String body) {
    status = code;
    refusal = body;
    return this;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String path = exchange.getRequestURI().getRawPath();
    seen.add(
        new Seen(
            exchange.getRequestMethod() + " " + path,
            String.valueOf(exchange.getRequestHeaders().getFirst("authorization")),
            body));
    String text =
        switch (path) {
          case "/query" -> stream;
          case "/runs/1a2b3c4d/files/big%20file.bin" -> "large";
          default -> "{\"status\":\"cancelling\",\"run_id\":\"1a2b3c4d\"}";
        };
    byte[] bytes = (status == 200 ? text : refusal).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("X-Run-Id", "1a2b3c4d");
    exchange.sendResponseHeaders(status, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
