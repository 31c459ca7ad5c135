package dev.dunes.gateway;

import dev.dunes.gateway.egress.HostRules;
import java.util.List;

/**
 * What a sandbox may reach through the proxy.
 *
 * @param allowed host names, {@code *.example.com} for all below a name, with {@code :port} when it
 *     is not 80 or 443, networks in CIDR notation for addresses that are named as such, and names
 *     of presets such as {@code package-managers}; empty for nothing
 */
public record EgressPolicy(List<String> allowed) {
  /** Nothing at all. */
  public static final EgressPolicy NOTHING = new EgressPolicy(List.of());

  public EgressPolicy {
    allowed = List.copyOf(allowed);
  }

  /**
   * This policy, when a lease would take it.
   *
   * @throws IllegalArgumentException when it has a rule that cannot be, naming it
   */
  public EgressPolicy checked() {
    HostRules.of(allowed);
    return this;
  }
}
