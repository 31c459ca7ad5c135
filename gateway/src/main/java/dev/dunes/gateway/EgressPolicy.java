package dev.dunes.gateway;

import static java.util.Objects.requireNonNull;

import dev.dunes.gateway.egress.HostRules;
import dev.dunes.gateway.egress.NameTable;
import java.util.List;
import java.util.Optional;

/**
 * What a sandbox may reach through the proxy, and how.
 *
 * @param allowed host names, {@code *.example.com} for all below a name, with {@code :port} when it
 *     is not 80 or 443, networks in CIDR notation for addresses that are named as such, and names
 *     of presets such as {@code package-managers}; empty for nothing
 * @param headers what requests to some hosts get on their way
 * @param via a proxy that all connections take
 */
public record EgressPolicy(
    List<String> allowed, List<HostHeaders> headers, Optional<SocksProxy> via) {
  /** Nothing at all. */
  public static final EgressPolicy NOTHING = new EgressPolicy(List.of());

  public EgressPolicy {
    allowed = List.copyOf(allowed);
    headers = List.copyOf(headers);
    requireNonNull(via, "via");
  }

  /** One that allows this, and changes nothing. */
  public EgressPolicy(List<String> allowed) {
    this(allowed, List.of(), Optional.empty());
  }

  /**
   * This policy, when a lease would take it.
   *
   * @throws IllegalArgumentException when it has a rule that cannot be, naming it
   */
  public EgressPolicy checked() {
    HostRules.of(allowed);
    byName();
    return this;
  }

  NameTable<HostHeaders> byName() {
    return NameTable.of(headers, HostHeaders::host);
  }
}
