package dev.dunes.sandbox.conformance;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * For tests of providers that are reached over HTTP: stands before their server and does what
 * networks and servers do on bad days.
 */
public final class FaultyProxy implements AutoCloseable {
  private static final Set<String> NOT_FORWARDED =
      Set.of(
          "host", "content-length", "connection", "transfer-encoding", "upgrade", "http2-settings");

  /** What becomes of a request. */
  public sealed interface Fault {
    /** It is answered here. */
    record Answer(int status, String body, Map<String, String> headers) implements Fault {}

    /** The server gets it, and its answer is exchanged for this one. */
    record AnswerAfter(int status, String body) implements Fault {}

    /** The server gets it, and so many bytes of its answer come through; then the line is cut. */
    record CutAfter(int bytes) implements Fault {}

    /** The server gets it, and its answer is held back until the latch is open. */
    record Hold(CountDownLatch served, CountDownLatch release) implements Fault {}

    /** The server gets it only when the latch is open, also when nobody waits for it any more. */
    record Late(CountDownLatch arrived, CountDownLatch release, CountDownLatch served)
        implements Fault {}

    /** The server gets it without a header. */
    record Without(String header) implements Fault {}
  }

  private record Rule(String method, String path, Fault fault) {}

  private final URI target;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Queue<Rule> rules = new ConcurrentLinkedQueue<>();
  private final Queue<String> seen = new ConcurrentLinkedQueue<>();

  /** Listens on a port of loopback. */
  public FaultyProxy(URI target) throws IOException {
    this.target = target;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** What to use instead of the server. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** The next request of this kind that no earlier rule takes meets this fault, once. */
  public FaultyProxy next(String method, String path, Fault fault) {
    rules.add(new Rule(method, path, fault));
    return this;
  }

  /** Faults nobody has met. */
  public List<Object> left() {
    return List.of(rules.toArray());
  }

  /** All is well again: faults nobody has met are forgotten. */
  public void heal() {
    rules.clear();
  }

  /** {@code METHOD PATH} of all requests so far. */
  public List<String> seen() {
    return List.copyOf(seen);
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    seen.add(exchange.getRequestMethod() + " " + path);
    Optional<Rule> rule =
        rules.stream()
            .filter(each -> each.method().equals(exchange.getRequestMethod()))
            .filter(each -> path.matches(each.path()))
            .findFirst();
    rule.ifPresent(rules::remove);
    try (exchange) {
      if (rule.map(Rule::fault).orElse(null) instanceof Fault.Answer answer) {
        exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
        answer.headers().forEach(exchange.getResponseHeaders()::add);
        answer(exchange, answer.status(), answer.body());
      } else {
        forward(exchange, rule.map(Rule::fault));
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private void forward(HttpExchange exchange, Optional<Fault> fault)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(target + exchange.getRequestURI().toString()))
            .method(
                exchange.getRequestMethod(),
                BodyPublishers.ofInputStream(exchange::getRequestBody));
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> {
          boolean dropped =
              fault.orElse(null) instanceof Fault.Without without
                  && without.header().equalsIgnoreCase(name);
          if (!dropped && !NOT_FORWARDED.contains(name.toLowerCase(java.util.Locale.ROOT))) {
            values.forEach(value -> request.header(name, value));
          }
        });
    if (fault.orElse(null) instanceof Fault.Late late) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      request.method(exchange.getRequestMethod(), BodyPublishers.ofByteArray(body));
      late.arrived().countDown();
      late.release().await();
    }
    HttpResponse<InputStream> response = client.send(request.build(), BodyHandlers.ofInputStream());
    if (fault.orElse(null) instanceof Fault.Late late) {
      late.served().countDown();
    }
    try (InputStream body = response.body()) {
      switch (fault.orElse(new Fault.Without(""))) {
        case Fault.AnswerAfter other -> {
          body.readAllBytes();
          answer(exchange, other.status(), other.body());
          return;
        }
        case Fault.Hold hold -> {
          hold.served().countDown();
          hold.release().await();
        }
        case Fault.Answer _, Fault.CutAfter _, Fault.Late _, Fault.Without _ -> {}
      }
      response
          .headers()
          .map()
          .forEach((name, values) -> {
            if (!NOT_FORWARDED.contains(name.toLowerCase(java.util.Locale.ROOT))) {
              values.forEach(value -> exchange.getResponseHeaders().add(name, value));
            }
          });
      long length = response.headers().firstValueAsLong("content-length").orElse(0);
      exchange.sendResponseHeaders(
          response.statusCode(), response.statusCode() == 204 ? -1 : length);
      long left = fault.orElse(null) instanceof Fault.CutAfter cut ? cut.bytes() : Long.MAX_VALUE;
      copy(body, exchange.getResponseBody(), left);
      if (left != Long.MAX_VALUE) {
        throw new IOException("cut"); // ends the connection without the last chunk
      }
    }
  }

  private static void copy(InputStream in, OutputStream out, long most) throws IOException {
    byte[] buffer = new byte[1 << 15];
    long left = most;
    while (left > 0) {
      int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (count < 0) {
        return;
      }
      out.write(buffer, 0, count);
      out.flush();
      left -= count;
    }
  }

  @Override
  public void close() {
    server.stop(0);
    client.shutdownNow();
    threads.shutdownNow();
  }
}
