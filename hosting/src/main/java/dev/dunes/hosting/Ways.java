package dev.dunes.hosting;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.util.Optional;
import java.util.function.Function;

/** The ways out of sandboxes: whether one can be had, and opening it. */
final class Ways {
  private final Optional<Egress> egress;
  private final Function<String, SandboxProvider> providers;

  /**
   * The network a sandbox is made with.
   *
   * @param mode what it is besides the way; else the provider's default
   * @param way out of it that keeps to rules
   */
  record Network(Optional<NetworkMode> mode, Optional<Egress.Way> way) {
    void close() {
      way.ifPresent(Egress.Way::close);
    }
  }

  /**
   * @param egress what gives them, if anything does
   * @param providers by their names
   */
  Ways(Optional<Egress> egress, Function<String, SandboxProvider> providers) {
    this.egress = egress;
    this.providers = providers;
  }

  /** Refuses rules that grant what could never be granted there. */
  void check(EgressRules rules, String provider) {
    if (rules.allowOut().isEmpty()) {
      return;
    }
    Egress known =
        at(provider)
            .orElseThrow(() ->
                new HostingException(
                    Reason.UNSUPPORTED,
                    "allowOut cannot be granted: sandboxes of provider '%s' have no way out that keeps to rules; leave it out, or use provider 'local'"
                        .formatted(provider)));
    try {
      known.check(rules.allowOut());
    } catch (IllegalArgumentException e) {
      throw new HostingException(Reason.INVALID, "allowOut: " + e.getMessage(), e);
    }
  }

  private Optional<Egress> at(String provider) {
    return egress.filter(any -> providers.apply(provider).takesRelays());
  }

  /** Whether a sandbox for which nothing was said reaches nothing. */
  boolean closedByDefault(String provider) {
    return providers.apply(provider).offlineUnlessAsked();
  }

  /** The way of a sandbox that has one from an earlier server. */
  Optional<Egress.Way> reopen(
      SandboxOrder order, String provider, EgressRules rules, String secret) {
    return at(provider).flatMap(any -> any.reopen(order.id(), rules.allowOut(), secret));
  }

  /** What keeps to these rules; where there can be no way, nothing is reached. */
  Network open(SandboxOrder order, String provider, Optional<EgressRules> rules) {
    if (rules.isEmpty()) {
      return new Network(order.network(), Optional.empty());
    }
    check(rules.get(), provider);
    return new Network(
        Optional.of(NetworkMode.NONE),
        at(provider).map(any -> any.open(order.id(), rules.get().allowOut())));
  }
}
