package dev.dunes.hosting;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The ways out of sandboxes: whether one can be had, and opening it. */
final class Ways {
  private final Optional<Egress> egress;
  private final Function<String, SandboxProvider> providers;
  private final Secrets secrets;
  private final boolean internet;

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
   * @param secrets that headers may have in them
   * @param internet whether those for which nothing is said have one, too
   */
  Ways(
      Optional<Egress> egress,
      Function<String, SandboxProvider> providers,
      Secrets secrets,
      boolean internet) {
    this.egress = egress;
    this.providers = providers;
    this.secrets = secrets;
    this.internet = internet;
  }

  /** Rules as a way takes them. */
  Egress.Rules of(SandboxOrder order, EgressRules rules) {
    List<Egress.Headers> headers =
        rules.headers().stream()
            .map(rule -> new Egress.Headers(rule.host(), () -> filled(order.account(), rule)))
            .toList();
    return new Egress.Rules(rules.allowOut(), headers, rules.proxy());
  }

  private Map<String, String> filled(String account, HeaderRule rule) {
    Map<String, String> headers = new LinkedHashMap<>();
    rule.headers().forEach((name, value) -> headers.put(name, secrets.fill(account, value)));
    return headers;
  }

  /** Refuses rules that grant what could never be granted there. */
  void check(SandboxOrder order, EgressRules rules, String provider) {
    if (grantsNothing(rules)) {
      return;
    }
    Egress known =
        at(provider)
            .orElseThrow(() ->
                new HostingException(
                    Reason.UNSUPPORTED,
                    "allowOut, rules and egressProxy cannot be granted: sandboxes of provider '%s' have no way out that keeps to rules; leave them out, or use provider 'local' or 'docker'"
                        .formatted(provider)));
    try {
      known.check(of(order, rules));
    } catch (IllegalArgumentException e) {
      throw new HostingException(Reason.INVALID, "network: " + e.getMessage(), e);
    }
  }

  /** Whether no way is needed to keep to them. */
  static boolean grantsNothing(EgressRules rules) {
    return rules.allowOut().isEmpty() && rules.headers().isEmpty() && rules.proxy().isEmpty();
  }

  private Optional<Egress> at(String provider) {
    return egress.filter(any -> providers.apply(provider).takesRelays());
  }

  /** The rules of a new sandbox; empty where it is as its provider has it. */
  Optional<EgressRules> ofNew(String provider, Optional<EgressRules> said) {
    return said.or(() ->
        internet && closedByDefault(provider) && at(provider).isPresent()
            ? Optional.of(EgressRules.EVERYTHING)
            : Optional.empty());
  }

  /** Whether a sandbox for which nothing was said reaches nothing. */
  boolean closedByDefault(String provider) {
    return providers.apply(provider).offlineUnlessAsked();
  }

  /**
   * Why a sandbox for which nothing was said reaches nothing, and what to do about that; empty when
   * it may reach something.
   */
  Optional<String> whyOffline(String provider, Network network) {
    boolean open =
        network.way().isPresent()
            || network.mode().filter(mode -> mode != NetworkMode.NONE).isPresent()
            || !closedByDefault(provider);
    if (open) {
      return Optional.empty();
    }
    return Optional.of(
        at(provider).isPresent()
            ? "the server opens a way to it only when it is started with DUNES_SANDBOX_INTERNET=1"
            : "sandboxes of provider '%s' have no way out that keeps to rules".formatted(provider));
  }

  /** The way of a sandbox that has one from an earlier server. */
  Optional<Egress.Way> reopen(
      SandboxOrder order, String provider, EgressRules rules, String secret) {
    return at(provider).flatMap(any -> any.reopen(order.id(), of(order, rules), secret));
  }

  /** What keeps to these rules; where there can be no way, nothing is reached. */
  Network open(SandboxOrder order, String provider, Optional<EgressRules> rules) {
    if (rules.isEmpty()) {
      return new Network(order.network(), Optional.empty());
    }
    check(order, rules.get(), provider);
    return new Network(
        Optional.of(NetworkMode.NONE),
        at(provider).map(any -> any.open(order.id(), of(order, rules.get()))));
  }
}
