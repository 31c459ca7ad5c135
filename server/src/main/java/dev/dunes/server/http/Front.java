package dev.dunes.server.http;

import dev.dunes.sandbox.SandboxInterruptedException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where requests come in: each gets a virtual thread, passes the guard, the key and the routes in
 * this order, and is answered exactly once.
 */
public final class Front {
  private static final Logger LOG = LoggerFactory.getLogger(Front.class);
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Reply CROSS_SITE =
      Reply.detail(403, "Cross-origin request refused: set SANDSTORM_API_KEY or CORS_ORIGINS");

  private final Vertx vertx;
  private final Routes routes;
  private final Route.Handler elsewhere;
  private final Keys keys;
  private final Supplier<Optional<String>> corsOrigins;
  private final AccessLog log;
  private final Observer observer;
  private final Duration pingEvery;

  /** Hears of answered requests. */
  public interface Observer {
    /** A request was answered; {@code route} is its pattern, or empty when it has none. */
    void answered(String method, Optional<String> route, int status, Duration took);
  }

  /**
   * @param elsewhere answers POST requests no route knows
   */
  public Front(
      Vertx vertx,
      Routes routes,
      Route.Handler elsewhere,
      Keys keys,
      Supplier<Optional<String>> corsOrigins,
      AccessLog log,
      Observer observer,
      Duration pingEvery) {
    this.vertx = vertx;
    this.routes = routes;
    this.elsewhere = elsewhere;
    this.keys = keys;
    this.corsOrigins = corsOrigins;
    this.log = log;
    this.observer = observer;
    this.pingEvery = pingEvery;
  }

  /** Takes a request on the event loop; returns at once. */
  public void accept(HttpServerRequest request) {
    request.pause();
    Exchange exchange = new Exchange(request, vertx.getOrCreateContext(), id(request));
    Thread thread =
        Thread.ofVirtual().name("http-" + exchange.id()).unstarted(() -> serve(exchange));
    exchange.begin(thread);
    thread.start();
  }

  /** Begins a stream of events as the answer. */
  public EventStream events(Exchange exchange, Map<String, String> headers)
      throws InterruptedException {
    return EventStream.open(exchange, vertx, headers, pingEvery);
  }

  private static String id(HttpServerRequest request) {
    String given = request.getHeader("x-request-id");
    if (given != null && REQUEST_ID.matcher(given).matches()) {
      return given;
    }
    byte[] bytes = new byte[8];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private void serve(Exchange exchange) {
    Optional<String> route = Optional.empty();
    try {
      Optional<Routes.Match> match = routes.find(exchange.method(), exchange.path());
      route = match.map(found -> found.route().pattern());
      handle(exchange, match);
    } catch (HttpFailure e) {
      answer(exchange, e.reply());
    } catch (InterruptedException | SandboxInterruptedException | ClientGone e) {
      LOG.debug("request {}: the client has left", exchange.id());
    } catch (RuntimeException | Error e) {
      LOG.error("request {} failed", exchange.id(), e);
      answer(
          exchange,
          Reply.json(
              500,
              Json.object()
                  .put("detail", "Internal Server Error")
                  .put("request_id", exchange.id())));
    } finally {
      exchange.finish();
      log.answered(exchange);
      observer.answered(exchange.method(), route, exchange.status(), exchange.age());
    }
  }

  private void handle(Exchange exchange, Optional<Routes.Match> match) throws InterruptedException {
    Origins origins = Origins.of(corsOrigins.get(), keys.asked());
    if (origins.refuses(exchange)) {
      throw new HttpFailure(CROSS_SITE);
    }
    Optional<Reply> preflight = origins.preflight(exchange);
    if (preflight.isPresent()) {
      exchange.send(preflight.get());
      return;
    }
    exchange.extraHeaders(origins.headers(exchange));
    if (match.isEmpty()) {
      withoutRoute(exchange);
      return;
    }
    if (!match.get().route().open()) {
      Optional<Reply> refusal = keys.refusal(exchange);
      if (refusal.isPresent()) {
        LOG.warn("request {} from {} has no good key", exchange.id(), exchange.remoteAddress());
        throw new HttpFailure(refusal.get());
      }
    }
    exchange.parameters(match.get().parameters());
    match.get().route().handler().handle(exchange);
  }

  private void withoutRoute(Exchange exchange) throws InterruptedException {
    List<String> methods = routes.methods(exchange.path());
    if (!methods.isEmpty()) {
      throw new HttpFailure(
          Reply.detail(405, "Method Not Allowed").with("allow", String.join(", ", methods)));
    }
    elsewhere.handle(exchange);
  }

  private static void answer(Exchange exchange, Reply reply) {
    if (exchange.answered()) {
      // An answer that was begun cannot be taken back; cutting it off says that it is not whole.
      exchange.cut();
      return;
    }
    try {
      exchange.send(reply);
    } catch (InterruptedException | ClientGone e) {
      LOG.debug("request {}: the client has left", exchange.id());
    }
  }
}
