package dev.dunes.session;

import dev.dunes.gateway.EgressPolicy;
import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayLease;
import dev.dunes.gateway.LeaseSpec;
import dev.dunes.gateway.ModelUsage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/** A gateway that leads nowhere: for tests in which no model is asked. */
final class FakeGateway implements Gateway {
  final List<LeaseSpec> leases = new CopyOnWriteArrayList<>();
  final List<String> closed = new CopyOnWriteArrayList<>();
  volatile double costUsd;
  private final Path directory;

  FakeGateway(Path directory) {
    this.directory = directory;
  }

  @Override
  public Path socket() {
    return directory.resolve("model.sock");
  }

  @Override
  public Path proxySocket() {
    return directory.resolve("proxy.sock");
  }

  @Override
  public Optional<InetSocketAddress> address() {
    return Optional.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
  }

  @Override
  public Optional<InetSocketAddress> proxyAddress() {
    return address();
  }

  @Override
  public GatewayLease lease(LeaseSpec spec) {
    leases.add(spec);
    String token = "run-token-" + UUID.randomUUID();
    Instant began = Instant.now();
    return new GatewayLease() {
      @Override
      public String runId() {
        return spec.runId();
      }

      @Override
      public String token() {
        return token;
      }

      @Override
      public ModelUsage usage() {
        return new ModelUsage(0, 0, 0, 0, 0, costUsd);
      }

      @Override
      public Instant lastActivity() {
        return began;
      }

      @Override
      public void egress(EgressPolicy policy) {
        throw new UnsupportedOperationException("nobody changes it");
      }

      @Override
      public void close() {
        closed.add(spec.runId());
      }
    };
  }

  @Override
  public void close() {
    closed.add("gateway");
  }
}
