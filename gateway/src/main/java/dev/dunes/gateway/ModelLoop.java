package dev.dunes.gateway;

import io.netty.handler.codec.TooLongFrameException;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** One event loop that serves models: its listeners, its client, and what is under way on it. */
final class ModelLoop extends VerticleBase {
  /** What all loops of a gateway share. */
  record Shared(
      GatewayOptions options,
      Leases leases,
      Path socket,
      AtomicInteger connections,
      AtomicBoolean closing) {}

  private static final int BACKLOG = 4096;
  private static final int MAX_LINE = 16 * 1024;
  private static final int POOL = 8192;
  private static final int KEEP_ALIVE_SECONDS = 30;
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(75);
  private static final long LOOK_MILLIS = 250;
  private static final int SHOWN_PATH = 200;

  /** A connection, and since when it serves nothing; 0 while it serves. */
  private static final class Watched {
    private long idleSince = System.nanoTime();
    private boolean used;
  }

  private final Shared shared;
  private final Set<Exchange> exchanges = new HashSet<>();
  private final Map<HttpConnection, Watched> connections = new HashMap<>();
  private final List<HttpServer> servers = new ArrayList<>();
  private HttpClient client;

  @SuppressWarnings("NullAway.Init") // start() comes before anything else
  ModelLoop(Shared shared) {
    this.shared = shared;
  }

  @Override
  public Future<?> start() {
    client = vertx.createHttpClient(clientOptions(), pool());
    vertx.setPeriodic(LOOK_MILLIS, timer -> look(System.nanoTime()));
    List<Future<HttpServer>> listening = new ArrayList<>();
    listening.add(server().listen(SocketAddress.domainSocketAddress(shared.socket().toString())));
    // To the library -1 is any port, the same one for all loops.
    options()
        .loopbackPort()
        .ifPresent(port -> listening.add(server().listen(port == 0 ? -1 : port, "127.0.0.1")));
    return Future.all(listening);
  }

  private HttpServer server() {
    HttpServer server = vertx.createHttpServer(serverOptions());
    server.connectionHandler(this::connected);
    server.invalidRequestHandler(this::invalid);
    server.requestHandler(this::handle);
    servers.add(server);
    return server;
  }

  private HttpServerOptions serverOptions() {
    return new HttpServerOptions()
        .setAcceptBacklog(BACKLOG)
        .setMaxHeaderSize(options().maxHeaderBytes())
        .setMaxInitialLineLength(Math.min(MAX_LINE, options().maxHeaderBytes()))
        .setHttp2ClearTextEnabled(false)
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false)
        .setCompressionSupported(false)
        .setDecompressionSupported(false);
  }

  private HttpClientOptions clientOptions() {
    return new HttpClientOptions()
        .setProtocolVersion(HttpVersion.HTTP_1_1)
        .setMaxHeaderSize(options().maxHeaderBytes())
        .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
        .setConnectTimeout((int) options().connectTimeout().toMillis())
        .setSslHandshakeTimeout(options().connectTimeout().toMillis())
        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
        .setDecompressionSupported(false)
        .setVerifyHost(true);
  }

  private static PoolOptions pool() {
    return new PoolOptions().setHttp1MaxSize(POOL).setMaxWaitQueueSize(POOL);
  }

  private void connected(HttpConnection connection) {
    if (shared.connections().incrementAndGet() > options().maxConnections()) {
      connection.closeHandler(closed -> shared.connections().decrementAndGet());
      connection.close();
      return;
    }
    connections.put(connection, new Watched());
    connection.closeHandler(closed -> {
      connections.remove(connection);
      shared.connections().decrementAndGet();
    });
  }

  private void handle(HttpServerRequest request) {
    busy(request);
    String uri = request.uri();
    int mark = uri.indexOf('?');
    String path = mark < 0 ? uri : uri.substring(0, mark);
    String method = request.method().name();
    if (method.equals("HEAD") && path.equals("/")) {
      request.response().end(); // old agents ask whether anybody is there
      return;
    }
    if (AmpBackend.serves(path)) {
      playBackend(request);
      return;
    }
    Optional<Route> route = Route.of(method, path, request.headers().contains("anthropic-version"));
    if (route.isEmpty()) {
      refuse(request, Refusal.noRoute(method, shown(path)), ModelProtocol.ANTHROPIC);
      return;
    }
    String coding = request.getHeader("transfer-encoding");
    if (coding != null && !coding.equalsIgnoreCase("chunked")) {
      refuse(request, Refusal.invalid("no such transfer encoding"), route.get().protocol());
      return;
    }
    Optional<Lease> lease = shared.leases().find(HeaderRules.token(request.headers()));
    if (lease.isEmpty()) {
      refuse(request, Refusal.noToken(), route.get().protocol());
    } else if (shared.closing().get()) {
      refuse(request, Refusal.closing(), route.get().protocol());
    } else {
      request.pause();
      new Exchange(this, lease.get(), served(route.get(), lease.get()), request).begin();
    }
  }

  private void playBackend(HttpServerRequest request) {
    Optional<Lease> lease = shared.leases().find(HeaderRules.token(request.headers()));
    if (lease.isEmpty()) {
      refuse(request, Refusal.noToken(), ModelProtocol.ANTHROPIC);
      return;
    }
    long max = options().maxBodyBytes();
    AmpBackend.answer(
        request,
        lease.get(),
        max,
        () -> refuse(request, Refusal.tooLarge(max), ModelProtocol.ANTHROPIC));
    closeUnlessEnded(request);
  }

  private void closeUnlessEnded(HttpServerRequest request) {
    vertx.setTimer(
        options().requestTimeout().toMillis(),
        timer -> {
          if (!request.isEnded()) {
            request.connection().close();
          }
        });
  }

  /** A list of models is Anthropic's or OpenAI's: whose there is. */
  private static Route served(Route route, Lease lease) {
    boolean other =
        route.kind().equals("models")
            && lease.wire(route.protocol()).isEmpty()
            && lease.wire(ModelProtocol.ANTHROPIC).isPresent();
    return other ? route.as(ModelProtocol.ANTHROPIC) : route;
  }

  private static String shown(String path) {
    String printable = path.replaceAll("[^ -~]", "?");
    return printable.length() <= SHOWN_PATH ? printable : printable.substring(0, SHOWN_PATH) + "…";
  }

  private void invalid(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    boolean tooLong = cause instanceof TooLongFrameException;
    Refusal refusal =
        tooLong
            ? new Refusal(
                431,
                "request_too_large",
                "the head of the request is larger than " + options().maxHeaderBytes() + " bytes",
                false)
            : Refusal.invalid("this is no HTTP request");
    answer(request.response(), refusal, ModelProtocol.ANTHROPIC, true);
  }

  /** Answers by itself; what is still coming of the request is thrown away, for a while. */
  void refuse(HttpServerRequest request, Refusal refusal, ModelProtocol protocol) {
    HttpServerResponse response = request.response();
    if (response.ended() || response.closed()) {
      return;
    }
    answer(response, refusal, protocol, false);
    if (!request.isEnded()) {
      long[] rest = {options().maxBodyBytes()};
      request.handler(piece -> {
        rest[0] -= piece.length();
        if (rest[0] < 0) {
          request.connection().close();
        }
      });
      request.endHandler(end -> rest[0] = 0);
      request.resume();
      closeUnlessEnded(request);
    }
  }

  private static void answer(
      HttpServerResponse response, Refusal refusal, ModelProtocol protocol, boolean close) {
    response.setStatusCode(refusal.status());
    response.putHeader("content-type", "application/json");
    if (!refusal.retry()) {
      response.putHeader("x-should-retry", "false"); // the vendors' clients keep to it
    } else if (refusal.status() == 429) {
      response.putHeader("retry-after", "1");
    }
    if (close) {
      response.putHeader("connection", "close");
    }
    response.end(Buffer.buffer(refusal.body(protocol)));
  }

  private void busy(HttpServerRequest request) {
    Watched watched = connections.get(request.connection());
    if (watched != null) {
      watched.used = true;
      watched.idleSince = 0;
      request.response().endHandler(end -> watched.idleSince = System.nanoTime());
    }
  }

  private void look(long now) {
    for (Exchange exchange : List.copyOf(exchanges)) {
      exchange.check(now);
    }
    for (Map.Entry<HttpConnection, Watched> each : List.copyOf(connections.entrySet())) {
      Watched watched = each.getValue();
      Duration limit = watched.used ? KEEP_ALIVE : options().requestTimeout();
      if (watched.idleSince != 0 && now - watched.idleSince > limit.toNanos()) {
        each.getKey().close();
      }
    }
  }

  void add(Exchange exchange) {
    exchanges.add(exchange);
  }

  void remove(Exchange exchange) {
    exchanges.remove(exchange);
  }

  GatewayOptions options() {
    return shared.options();
  }

  HttpClient client() {
    return client;
  }

  <T> Future<T> blocking(Callable<T> action) {
    return context.executeBlocking(action, false).map(Objects::requireNonNull);
  }

  /** On this loop. */
  void run(Runnable action) {
    context.runOnContext(now -> action.run());
  }

  void after(long millis, Runnable action) {
    vertx.setTimer(millis, timer -> action.run());
  }

  /** On loopback, when it listens there. */
  int port() {
    return servers.getLast().actualPort();
  }

  @Override
  public Future<?> stop() {
    List<Future<Void>> ending = new ArrayList<>();
    Duration grace = options().closeGrace();
    servers.forEach(server -> ending.add(server.shutdown(grace.toMillis(), TimeUnit.MILLISECONDS)));
    return Future.join(ending).eventually(client::close);
  }
}
