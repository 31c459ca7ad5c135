package dev.dunes.server;

import dev.dunes.server.acp.AcpFace;
import dev.dunes.server.agentapi.AgentApiFace;
import dev.dunes.server.e2b.E2bFace;
import dev.dunes.server.e2b.template.TemplateBuildRoutes;
import dev.dunes.server.hosted.CodeDialect;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.SandboxJson;
import dev.dunes.server.hosted.SandboxRoutes;
import dev.dunes.server.http.AccessLog;
import dev.dunes.server.http.DetailDialect;
import dev.dunes.server.http.Dialect;
import dev.dunes.server.http.Front;
import dev.dunes.server.http.Keys;
import dev.dunes.server.http.Route;
import dev.dunes.server.http.Routes;
import dev.dunes.server.http.SseStream;
import dev.dunes.server.http.StreamTimes;
import dev.dunes.server.ops.Metrics;
import dev.dunes.server.ops.Observers;
import dev.dunes.server.ops.OpsFace;
import dev.dunes.server.ops.Telemetry;
import dev.dunes.server.query.QueryFace;
import dev.dunes.server.sandboxapi.HostingSettings;
import dev.dunes.server.sandboxapi.SandboxFace;
import dev.dunes.server.tls.LocalAuthority;
import dev.dunes.server.tls.TlsListener;
import dev.dunes.server.ui.UiFace;
import dev.dunes.server.v1.ProblemDialect;
import dev.dunes.session.RunObserver;
import dev.dunes.session.RunRefusedException;
import dev.dunes.session.Runs;
import dev.dunes.session.Settings;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running server.
 *
 * {@snippet :
 * RunsConfig runs = RunsConfig.builder().build();
 * try (DunesServer server = DunesServer.start(ServerConfig.builder(runs).port(0).build())) {
 *   System.out.println(server.uri());
 * }
 * }
 */
public final class DunesServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DunesServer.class);
  private static final Dialect DETAILS = new DetailDialect();
  private static final Dialect CODES = new CodeDialect();
  private static final Dialect PROBLEMS = new ProblemDialect();

  /** In which processes run, files are and sessions of ACP work. */
  private static final String WORKSPACE = "default";

  /**
   * Under which sandboxes are found by the name of the host, unless {@code DUNES_E2B_DOMAIN} says.
   */
  private static final String DOMAIN = "e2b.localhost";

  private static final int BACKLOG = 4096;
  private static final int MOST_HEADER_BYTES = 64 << 10;

  /** Of a body, in bytes: as much as the network gives at a time. */
  private static final int CHUNK = 64 << 10;

  private static final Duration START_LIMIT = Duration.ofSeconds(30);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private static final AtomicReference<@Nullable CompletableFuture<Vertx>> PREPARED =
      new AtomicReference<>();

  private final Vertx vertx;
  private final HttpServer http;
  private final Optional<Domain> domain;
  private final Runs runs;
  private final AgentApiFace agents;
  private final AcpFace acp;
  private final Optional<Telemetry> telemetry;
  private final HostingSettings hosting;
  private final List<Route> routes;
  private final String host;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Where sandboxes are found by the name of the host, with TLS.
   *
   * @param name the domain and its port, for {@code E2B_DOMAIN}
   * @param authority the file with the certificate that clients are to trust
   */
  public record Domain(String name, Path authority) {}

  private DunesServer(
      Vertx vertx,
      HttpServer http,
      Optional<Domain> domain,
      Runs runs,
      AgentApiFace agents,
      AcpFace acp,
      Optional<Telemetry> telemetry,
      HostingSettings hosting,
      List<Route> routes,
      String host) {
    this.vertx = vertx;
    this.http = http;
    this.domain = domain;
    this.runs = runs;
    this.agents = agents;
    this.acp = acp;
    this.telemetry = telemetry;
    this.hosting = hosting;
    this.routes = routes;
    this.host = host;
  }

  /**
   * Begins what the next {@link #start} needs and takes the longest, and returns at once. For a
   * process that is about to start a server and has other things to do first; without it a server
   * only starts a little later.
   */
  public static void expect() {
    PREPARED.compareAndSet(null, CompletableFuture.supplyAsync(DunesServer::vertx));
  }

  /**
   * Starts a server: it takes requests when this returns.
   *
   * @throws ServerStartException when it cannot: a port that is taken, a key that is too short, a
   *     setting that cannot be
   */
  public static DunesServer start(ServerConfig config) {
    // Both take a while and do not need each other.
    CompletableFuture<Vertx> prepared = PREPARED.getAndSet(null);
    CompletableFuture<Vertx> starting =
        prepared == null ? CompletableFuture.supplyAsync(DunesServer::vertx) : prepared;
    Runs runs = null;
    Optional<Telemetry> telemetry = Optional.empty();
    Optional<HostingSettings> hosting = Optional.empty();
    try {
      Settings settings = new Settings(config.runs().environment(), config.runs().directory());
      Keys keys = new Keys(settings, config.token(), config.open());
      refuseOpenWhenForbidden(keys, settings);
      telemetry = Telemetry.of(settings);
      Metrics metrics = new Metrics();
      List<RunObserver> observers = new ArrayList<>(List.of(metrics, config.runs().observer()));
      telemetry.ifPresent(observers::add);
      runs = Runs.open(config.runs().with(new Observers(observers)));
      hosting = Optional.of(new HostingSettings(config.runs(), settings));
      DunesServer server =
          new Assembly(
                  config, starting.join(), runs, keys, settings, metrics, telemetry, hosting.get())
              .listen();
      warnWhenOpen(keys, config.host());
      return server;
    } catch (RuntimeException e) {
      if (runs != null) {
        runs.close();
      }
      hosting.ifPresent(HostingSettings::close);
      telemetry.ifPresent(Telemetry::close);
      starting.join().close();
      throw e instanceof IllegalArgumentException || e instanceof RunRefusedException
          ? new ServerStartException(String.valueOf(e.getMessage()), e)
          : e;
    }
  }

  private static Vertx vertx() {
    return Vertx.vertx(new VertxOptions().setUseDaemonThread(true).setInternalBlockingPoolSize(4));
  }

  /** Puts the parts together. */
  private record Assembly(
      ServerConfig config,
      Vertx vertx,
      Runs runs,
      Keys keys,
      Settings settings,
      Metrics metrics,
      Optional<Telemetry> telemetry,
      HostingSettings hosting) {
    DunesServer listen() {
      // The faces begin streams through the front, which knows the faces' routes.
      CompletableFuture<Front> front = new CompletableFuture<>();
      QueryFace query =
          new QueryFace(runs, (exchange, headers) -> front.join().events(exchange, headers));
      SseStream.Opener frames = (exchange, headers) -> front.join().frames(exchange, headers);
      AcpFace acp = acp(frames);
      List<Route> routes = new ArrayList<>(query.routes());
      AgentApiFace agents = new AgentApiFace(runs.sessions(), frames);
      routes.addAll(agents.routes());
      routes.addAll(acp.routes());
      Gate gate = new Gate(hosting.hosting(), keys);
      String domain = settings.get("DUNES_E2B_DOMAIN").orElse(DOMAIN);
      SandboxJson sandboxes = new SandboxJson(domain);
      E2bFace e2b = new E2bFace(hosting.hosting(), sandboxes, gate);
      routes.addAll(new TemplateBuildRoutes(hosting.hosting()).routes(gate));
      routes.addAll(e2b.routes());
      routes.addAll(new SandboxRoutes(hosting.hosting(), sandboxes).routes(gate));
      routes.addAll(new SandboxFace(hosting.hosting(), gate).routes());
      routes.addAll(new UiFace().routes());
      routes.addAll(new OpsFace(runs, keys, metrics, config.version()).routes());
      front.complete(
          new Front(
              vertx,
              e2b.traffic(),
              new Routes(routes),
              query.webhooks(),
              DunesServer::dialect,
              keys,
              () -> settings.get("CORS_ORIGINS"),
              config.cors(),
              new AccessLog(),
              metrics,
              new StreamTimes(config.pingEvery(), config.heartbeatEvery(), config.stallAfter())));
      HttpServerOptions options =
          new HttpServerOptions()
              .setAcceptBacklog(BACKLOG)
              .setMaxHeaderSize(MOST_HEADER_BYTES)
              .setMaxInitialLineLength(MOST_HEADER_BYTES)
              .setMaxChunkSize(CHUNK)
              .setHttp2ClearTextEnabled(false)
              .setTcpKeepAlive(true);
      try {
        HttpServer http = listen(options, front.join(), config.port());
        Optional<Domain> named = byName(domain, options, front.join());
        return new DunesServer(
            vertx,
            http,
            named,
            runs,
            agents,
            acp,
            telemetry,
            hosting,
            List.copyOf(routes),
            config.host());
      } catch (ServerStartException e) {
        acp.close();
        throw e;
      }
    }

    private HttpServer listen(HttpServerOptions options, Front front, int port) {
      HttpServer http = vertx.createHttpServer(options).requestHandler(front::accept);
      await(http.listen(port, config.host()).toCompletionStage().toCompletableFuture(), port);
      return http;
    }

    /** With TLS, for clients that find sandboxes by the name of the host. */
    private Optional<Domain> byName(String domain, HttpServerOptions options, Front front) {
      if (settings.get("DUNES_E2B_TLS_PORT").isEmpty()) {
        return Optional.empty();
      }
      int port = settings.number("DUNES_E2B_TLS_PORT", 0, 0, 65_535);
      try {
        LocalAuthority authority =
            LocalAuthority.open(authority(config.runs().directory()), domain);
        HttpServer https = listen(TlsListener.with(options, authority.issue()), front, port);
        return Optional.of(new Domain(domain + ":" + https.actualPort(), authority.file()));
      } catch (IOException e) {
        throw new ServerStartException("Cannot speak TLS: " + e.getMessage(), e);
      }
    }

    private AcpFace acp(SseStream.Opener frames) {
      return new AcpFace(
          runs.sessions(),
          runs.workspace(WORKSPACE),
          config.runs().directory().resolve(".sandstorm").resolve("acp"),
          frames,
          new AcpFace.Limits(
              Duration.ofSeconds(settings.number("DUNES_ACP_ANSWER_WITHIN", 240, 1, 290)),
              Duration.ofSeconds(settings.number("DUNES_ACP_REST_AFTER", 1800, 1, 604_800)),
              (long) settings.number("DUNES_ACP_LOG_MAX_MB", 256, 8, 1_048_576) << 20));
    }

    private void await(CompletableFuture<HttpServer> listening, int port) {
      try {
        listening.get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        String why =
            e.getCause() instanceof BindException
                ? "it is taken, or not an address of this machine; choose another with --port or --host"
                : String.valueOf(e.getCause());
        throw new ServerStartException(
            "Cannot listen at %s:%d: %s".formatted(config.host(), port, why), e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ServerStartException("interrupted while starting", e);
      } catch (TimeoutException e) {
        throw new ServerStartException("Cannot listen: nothing happened for 30 s", e);
      }
    }
  }

  private static Dialect dialect(String path) {
    if (CodeDialect.at(path)) {
      return CODES;
    }
    return path.equals("/v1") || path.startsWith("/v1/") ? PROBLEMS : DETAILS;
  }

  private static void refuseOpenWhenForbidden(Keys keys, Settings settings) {
    if (!keys.asked() && settings.on("DUNES_REQUIRE_AUTH")) {
      throw new ServerStartException(
          "DUNES_REQUIRE_AUTH is set and no key is: set SANDSTORM_API_KEY, or give --token; `openssl rand -hex 32` makes one",
          null);
    }
  }

  private static void warnWhenOpen(Keys keys, String host) {
    if (!keys.asked() && !isLoopback(host)) {
      LOG.warn(
          "Anybody who reaches {} can run agents at your expense: set SANDSTORM_API_KEY or --token, or --host 127.0.0.1",
          host);
    }
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** Where it can be reached from this machine, without a path. */
  public URI uri() {
    String name = host.equals("0.0.0.0") || host.equals("::") ? "127.0.0.1" : host;
    return URI.create(
        "http://" + (name.contains(":") ? "[" + name + "]" : name) + ":" + http.actualPort());
  }

  /** Where sandboxes are found by the name of the host, if it listens there, too. */
  public Optional<Domain> domain() {
    return domain;
  }

  /** Where a server in this working directory keeps sandboxes and keys. */
  public static Path hosting(Path workingDirectory) {
    return HostingSettings.directory(workingDirectory);
  }

  /** Where a server in this working directory keeps its certificates. */
  public static Path authority(Path workingDirectory) {
    return workingDirectory.resolve(".sandstorm").resolve("e2b");
  }

  /** The runs it serves. */
  public Runs runs() {
    return runs;
  }

  /** What it answers, as {@code METHOD path}. */
  public List<String> routes() {
    return routes.stream().map(route -> route.method() + " " + route.pattern()).toList();
  }

  /**
   * Stops: new runs are refused with 503, those that live may go on for so long and are then ended,
   * their clients are told. Returns when everything is cleaned up. Safe to repeat.
   */
  public void close(Duration grace) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    agents.stop();
    acp.close();
    runs.close(grace);
    hosting.close();
    telemetry.ifPresent(Telemetry::close);
    try {
      http.shutdown(CLOSE_LIMIT)
          .toCompletionStage()
          .toCompletableFuture()
          .get(CLOSE_LIMIT.toSeconds() + 1, TimeUnit.SECONDS);
      vertx
          .close()
          .toCompletionStage()
          .toCompletableFuture()
          .get(CLOSE_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("the listener did not stop in time: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops with the grace of {@code DUNES_SHUTDOWN_GRACE}, default 30 s. */
  @Override
  public void close() {
    close(Duration.ofSeconds(runs.settings().number("DUNES_SHUTDOWN_GRACE", 30, 0, 3600)));
  }
}
