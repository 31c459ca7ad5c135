package dev.dunes.agent.install;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A package registry on loopback that can misbehave. */
final class FakeRegistry implements AutoCloseable {
  interface Handler {
    void handle(HttpExchange exchange) throws IOException;
  }

  final List<String> requests = new CopyOnWriteArrayList<>();
  final List<String> authorizations = new CopyOnWriteArrayList<>();
  private final Map<String, Handler> handlers = new ConcurrentHashMap<>();
  private final HttpServer server;

  FakeRegistry() throws IOException {
    this(HttpServer.create());
  }

  FakeRegistry(HttpServer server) throws IOException {
    this.server = server;
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  String address() {
    return "http://127.0.0.1:" + port() + "/";
  }

  /** Serves a package as registries do. */
  FakeRegistry with(PinnedPackage wanted, byte[] tgz) {
    return metadata(
            wanted, wanted.integrity().toString(), address() + "files/" + wanted.tarballName())
        .at("/files/" + wanted.tarballName(), exchange -> answer(exchange, 200, tgz));
  }

  FakeRegistry metadata(PinnedPackage wanted, String integrity, String tarball) {
    String json =
        "{\"name\":\"%s\",\"versions\":{\"%s\":{\"dist\":{\"tarball\":\"%s\",\"integrity\":\"%s\"}}}}"
            .formatted(wanted.name(), wanted.version(), tarball, integrity);
    return at(
        "/" + wanted.name().replace("/", "%2F"),
        exchange -> answer(exchange, 200, json.getBytes(StandardCharsets.UTF_8)));
  }

  /** What to do at a path, written as it is sent. */
  FakeRegistry at(String rawPath, Handler handler) {
    handlers.put(rawPath, handler);
    return this;
  }

  static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    requests.add(path);
    authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("authorization")));
    try (exchange) {
      handlers.getOrDefault(path, each -> answer(each, 404, new byte[0])).handle(exchange);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
