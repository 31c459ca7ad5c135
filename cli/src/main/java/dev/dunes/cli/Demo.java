package dev.dunes.cli;

import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayLease;
import dev.dunes.gateway.LeaseSpec;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** What the demonstration is about, and the gateway through which its model is played. */
final class Demo {
  /** What the agent is asked; the recording answers this and nothing else. */
  static final String PROMPT =
      "Write a program that draws desert dunes with characters, run it, and keep the picture in"
          + " dunes.txt. It must have 20 lines; check that.";

  /** The file that is shown at the end. */
  static final String PICTURE = "dunes.txt";

  /** The recording, in the format of the gateway's cassettes. */
  static final String CASSETTE = "demo.cassette";

  private Demo() {}

  /** Leases that answer from a recording, and never ask a model. */
  static UnaryOperator<LeaseSpec> playing(Path cassette, boolean recordedPace) {
    return spec -> {
      LeaseSpec.Builder played = copy(spec).replayFrom(cassette);
      return recordedPace ? played.recordedPace().build() : played.build();
    };
  }

  /** Leases that write down what a model answers. */
  static UnaryOperator<LeaseSpec> recording(Path cassette) {
    return spec -> copy(spec).recordTo(cassette).build();
  }

  /** The same lease, without what it records or plays. */
  private static LeaseSpec.Builder copy(LeaseSpec spec) {
    LeaseSpec.Builder copy =
        LeaseSpec.builder(spec.runId())
            .egress(spec.egress())
            .listener(spec.listener())
            .maxConcurrentRequests(spec.maxConcurrentRequests());
    spec.upstreams().values().forEach(copy::upstream);
    spec.budgetUsd().ifPresent(copy::budgetUsd);
    spec.portInSandbox().ifPresent(copy::portInSandbox);
    return copy;
  }

  /** A gateway whose leases are changed before they are given. */
  record ChangedGateway(Gateway gateway, UnaryOperator<LeaseSpec> change) implements Gateway {
    @Override
    public Path socket() {
      return gateway.socket();
    }

    @Override
    public Path proxySocket() {
      return gateway.proxySocket();
    }

    @Override
    public Optional<InetSocketAddress> address() {
      return gateway.address();
    }

    @Override
    public Optional<InetSocketAddress> proxyAddress() {
      return gateway.proxyAddress();
    }

    @Override
    public GatewayLease lease(LeaseSpec spec) {
      return gateway.lease(change.apply(spec));
    }

    @Override
    public void close() {
      gateway.close();
    }
  }
}
