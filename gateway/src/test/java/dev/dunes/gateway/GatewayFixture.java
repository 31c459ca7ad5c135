package dev.dunes.gateway;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** A gateway of a test, its leases and their events. */
final class GatewayFixture implements AutoCloseable {
  static final String KEY = "sk-ant-api03-the-real-key-of-the-test";

  final Gateway gateway;
  private final BlockingQueue<GatewayEvent> events = new LinkedBlockingQueue<>();
  private final List<GatewayEvent> seen = new ArrayList<>();

  GatewayFixture(UnaryOperator<GatewayOptions.Builder> options) {
    gateway = Gateway.open(options.apply(GatewayOptions.builder()).build());
  }

  GatewayFixture() {
    this(options -> options);
  }

  GatewayLease lease(UnaryOperator<LeaseSpec.Builder> spec) {
    return gateway.lease(spec.apply(LeaseSpec.builder("run00001").listener(events::add)).build());
  }

  /** One whose Messages go to this provider. */
  GatewayLease anthropic(URI base) {
    return lease(spec -> spec.upstream(anthropicAt(base)));
  }

  static ModelUpstream anthropicAt(URI base) {
    return ModelUpstream.anthropic(base, new UpstreamAuth.ApiKey("x-api-key", Secret.of(KEY)));
  }

  RawClient.Answer ask(String request) throws IOException {
    return RawClient.exchange(gateway.socket(), request);
  }

  RawClient client() throws IOException {
    return RawClient.connect(gateway.socket());
  }

  RawClient proxyClient() throws IOException {
    return RawClient.connect(gateway.proxySocket());
  }

  /** Waits for the next event of this kind; others on the way are kept for {@link #seen()}. */
  <T extends GatewayEvent> T event(Class<T> kind) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (System.nanoTime() < end) {
      GatewayEvent event = events.poll(100, TimeUnit.MILLISECONDS);
      if (event != null) {
        seen.add(event);
        if (kind.isInstance(event)) {
          return kind.cast(event);
        }
      }
    }
    throw new AssertionError("no " + kind.getSimpleName() + " came, but " + seen);
  }

  /** All events so far, in their order. */
  List<GatewayEvent> seen() {
    events.drainTo(seen);
    return List.copyOf(seen);
  }

  @Override
  public void close() {
    gateway.close();
  }
}
