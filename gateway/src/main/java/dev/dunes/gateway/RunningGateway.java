package dev.dunes.gateway;

import dev.dunes.gateway.metering.PriceTable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gateway: event loops for models, virtual threads for the proxy, leases for both. */
final class RunningGateway implements Gateway {
  private static final Logger LOG = LoggerFactory.getLogger(RunningGateway.class);
  private static final Duration START = Duration.ofSeconds(30);
  private static final Duration AFTER_GRACE = Duration.ofSeconds(10);
  private static final int MAX_LOOPS = 4;
  private static final int BLOCKING_THREADS = 16;

  private final GatewayOptions options;
  private final PriceTable prices;
  private final Leases leases;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final SocketDirectory sockets;
  private final Vertx vertx;
  private final EgressProxy proxy;
  private final Optional<InetSocketAddress> address;

  private RunningGateway(GatewayOptions options, SocketDirectory sockets, Vertx vertx)
      throws IOException {
    this.options = options;
    this.sockets = sockets;
    this.vertx = vertx;
    this.prices = options.priceTable().map(PriceTable::read).orElseGet(PriceTable::builtIn);
    this.leases = new Leases(options.hostIdentities().isPresent());
    this.address = listen();
    SocketDirectory.onlyOwner(sockets.models());
    this.proxy = EgressProxy.open(options, leases, sockets);
    SocketDirectory.onlyOwner(sockets.proxy());
  }

  static Gateway open(GatewayOptions options) {
    try {
      SocketDirectory sockets = SocketDirectory.create(options.parentDirectory());
      Vertx vertx =
          Vertx.vertx(
              new VertxOptions()
                  .setEventLoopPoolSize(loops())
                  .setWorkerPoolSize(BLOCKING_THREADS)
                  .setInternalBlockingPoolSize(2)
                  .setFileSystemOptions(
                      new FileSystemOptions()
                          .setFileCachingEnabled(false)
                          .setClassPathResolvingEnabled(false)));
      try {
        return new RunningGateway(options, sockets, vertx);
      } catch (IOException | RuntimeException e) {
        await(vertx.close(), AFTER_GRACE);
        sockets.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the gateway cannot start: " + e.getMessage(), e);
    }
  }

  private static int loops() {
    return Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MAX_LOOPS);
  }

  /** Loops of one deployment share what they listen on. */
  private Optional<InetSocketAddress> listen() throws IOException {
    ModelLoop.Shared shared =
        new ModelLoop.Shared(options, leases, sockets.models(), new AtomicInteger(), closing);
    Queue<ModelLoop> loops = new ConcurrentLinkedQueue<>();
    await(
        vertx.deployVerticle(
            () -> {
              ModelLoop loop = new ModelLoop(shared);
              loops.add(loop);
              return loop;
            },
            new DeploymentOptions().setInstances(loops())),
        START);
    return options.loopbackPort().isEmpty()
        ? Optional.empty()
        : Optional.of(new InetSocketAddress("127.0.0.1", loops.element().port()));
  }

  private static void await(Future<?> future, Duration atMost) throws IOException {
    try {
      future.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("not done after " + atMost.toSeconds() + " s", e);
    } catch (RuntimeException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public Path socket() {
    return sockets.models();
  }

  @Override
  public Path proxySocket() {
    return sockets.proxy();
  }

  @Override
  public Optional<InetSocketAddress> address() {
    return address;
  }

  @Override
  public Optional<InetSocketAddress> proxyAddress() {
    return proxy.address();
  }

  @Override
  public GatewayLease lease(LeaseSpec spec) {
    if (closing.get()) {
      throw new IllegalStateException("the gateway is closed");
    }
    leases.check(spec.egress());
    Map<ModelProtocol, Wire> wires = new EnumMap<>(ModelProtocol.class);
    spec.upstreams()
        .forEach((protocol, upstream) ->
            wires.put(protocol, Wire.of(upstream, options.connectTimeout(), Clock.systemUTC())));
    Lease lease =
        new Lease(spec, leases, prices, wires, LeaseFiles.open(spec), options.eventBacklog());
    leases.add(lease);
    if (closing.get()) {
      lease.close(); // it may have been missed
    }
    return lease;
  }

  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    proxy.close();
    try {
      // Undeploying lets what is being answered finish; leases last until then.
      await(vertx.close(), options.closeGrace().plus(AFTER_GRACE));
    } catch (IOException e) {
      LOG.warn("the gateway's connections did not end in time: {}", e.getMessage());
    }
    leases.all().forEach(Lease::close);
    try {
      sockets.close();
    } catch (IOException e) {
      LOG.warn("the gateway's directory stays: {}", e.toString());
    }
  }

  @Override
  public String toString() {
    return "Gateway[" + sockets.directory() + "]";
  }
}
