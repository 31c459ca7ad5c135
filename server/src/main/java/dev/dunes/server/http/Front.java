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
import java.util.function.Function;
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
  private static final String CROSS_SITE =
      "Cross-origin request refused: set SANDSTORM_API_KEY or CORS_ORIGINS";

  private final Vertx vertx;
  private final Ahead ahead;
  private final Routes routes;
  private final Route.Handler elsewhere;
  private final Function<String, Dialect> dialects;
  private final Keys keys;
  private final Supplier<Optional<String>> corsOrigins;
  private final Optional<Cors> cors;
  private final AccessLog log;
  private final Observer observer;
  private final StreamTimes times;

  /** Knows requests by more than their path. */
  @FunctionalInterface
  public interface Ahead {
    /**
     * Who answers a request instead of everything else here, rules for web pages and keys included;
     * empty when it takes its usual way.
     */
    Optional<Route.Handler> find(Exchange exchange);
  }

  /** Hears of answered requests. */
  public interface Observer {
    /** A request was answered; {@code route} is its pattern, or empty when it has none. */
    void answered(String method, Optional<String> route, int status, Duration took);
  }

  /**
   * @param ahead is asked before anything else
   * @param elsewhere answers POST requests no route knows
   * @param dialects by path
   * @param corsOrigins which pages may ask, unless {@code cors} says it
   */
  public Front(
      Vertx vertx,
      Ahead ahead,
      Routes routes,
      Route.Handler elsewhere,
      Function<String, Dialect> dialects,
      Keys keys,
      Supplier<Optional<String>> corsOrigins,
      Optional<Cors> cors,
      AccessLog log,
      Observer observer,
      StreamTimes times) {
    this.vertx = vertx;
    this.ahead = ahead;
    this.routes = routes;
    this.elsewhere = elsewhere;
    this.dialects = dialects;
    this.keys = keys;
    this.corsOrigins = corsOrigins;
    this.cors = cors;
    this.log = log;
    this.observer = observer;
    this.times = times;
  }

  /** Takes a request on the event loop; returns at once. */
  public void accept(HttpServerRequest request) {
    request.pause();
    Dialect dialect = dialects.apply(Optional.ofNullable(request.path()).orElse("/"));
    Exchange exchange = new Exchange(request, vertx.getOrCreateContext(), id(request), dialect);
    Thread thread =
        Thread.ofVirtual().name("http-" + exchange.id()).unstarted(() -> serve(exchange));
    exchange.begin(thread);
    thread.start();
  }

  /** Begins a stream of events as the answer. */
  public EventStream events(Exchange exchange, Map<String, String> headers)
      throws InterruptedException {
    return EventStream.open(exchange, vertx, headers, times.pingEvery());
  }

  /** Begins a stream of frames as the answer. */
  public SseStream frames(Exchange exchange, Map<String, String> headers)
      throws InterruptedException {
    return SseStream.open(exchange, vertx, headers, times);
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
      Optional<Route.Handler> first = ahead.find(exchange);
      if (first.isPresent()) {
        route = Optional.of("(port of a sandbox)");
        first.get().handle(exchange);
        return;
      }
      Optional<Routes.Match> match = routes.find(exchange.method(), exchange.path());
      route = match.map(found -> found.route().pattern());
      handle(exchange, match);
    } catch (HttpFailure e) {
      answer(exchange, e.reply());
    } catch (InterruptedException | SandboxInterruptedException | ClientGone e) {
      LOG.debug("request {}: the client has left", exchange.id());
    } catch (RuntimeException | Error e) {
      LOG.error("request {} failed", exchange.id(), e);
      answer(exchange, exchange.dialect().failed(exchange.id()));
    } finally {
      exchange.finish();
      log.answered(exchange);
      observer.answered(exchange.method(), route, exchange.status(), exchange.age());
    }
  }

  private void handle(Exchange exchange, Optional<Routes.Match> match) throws InterruptedException {
    Origins own = Origins.of(corsOrigins.get(), keys.asked());
    PageRules rules = cors.<PageRules>map(said -> new StatedOrigins(said, own)).orElse(own);
    if (rules.refuses(exchange)) {
      throw new HttpFailure(exchange.dialect().crossSite(CROSS_SITE));
    }
    Optional<Reply> preflight = rules.preflight(exchange);
    if (preflight.isPresent()) {
      exchange.send(preflight.get());
      return;
    }
    exchange.extraHeaders(rules.headers(exchange));
    if (match.isEmpty()) {
      withoutRoute(exchange);
      return;
    }
    Route route = match.get().route();
    if (route.access() != Route.Access.OPEN) {
      refuseStrangers(exchange, route.access() == Route.Access.KEY_IN_QUERY);
    }
    exchange.parameters(match.get().parameters());
    route.handler().handle(exchange);
  }

  private void refuseStrangers(Exchange exchange, boolean inQuery) {
    Keys.Shown shown = keys.shown(exchange, inQuery);
    if (shown != Keys.Shown.GOOD) {
      LOG.warn("request {} from {} has no good key", exchange.id(), exchange.remoteAddress());
      throw new HttpFailure(exchange.dialect().unauthorized(shown == Keys.Shown.WRONG));
    }
  }

  private void withoutRoute(Exchange exchange) throws InterruptedException {
    List<String> methods = routes.methods(exchange.path());
    if (!methods.isEmpty()) {
      throw new HttpFailure(exchange.dialect().methodNotAllowed(methods));
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
