package dev.dunes.sandbox;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What a provider's sandboxes can do.
 *
 * @param all each is here exactly when it is delivered
 */
public record ProviderCapabilities(Set<Capability> all) {
  /** Nothing. */
  public static final ProviderCapabilities NONE = of();

  public ProviderCapabilities {
    all = Set.copyOf(all);
  }

  /** These and no others. */
  public static ProviderCapabilities of(Capability... all) {
    return new ProviderCapabilities(Set.of(all));
  }

  /** Whether it is delivered. */
  public boolean has(Capability capability) {
    return all.contains(capability);
  }

  /** All there are under the names used on every wire, in declared order. */
  public Map<String, Boolean> asMap() {
    Map<String, Boolean> map = new LinkedHashMap<>();
    for (Capability capability : Capability.values()) {
      map.put(capability.wireName(), has(capability));
    }
    return map;
  }
}
