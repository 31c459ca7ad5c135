package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * Where a sandbox shall be made: at a provider, or the default one, and where else when that fails.
 * Nothing else is tried: a sandbox lands on this machine only when {@code local} is the default or
 * is named here.
 *
 * {@snippet :
 * sandboxes.create(spec, Placement.at("e2b").orElse("modal", "local"));
 * }
 *
 * @param provider the provider tried first; else the default one
 * @param fallback the providers tried after it, in order, one at a time
 */
public record Placement(Optional<String> provider, List<String> fallback) {
  /** The default provider and nothing else. */
  public static final Placement DEFAULT = new Placement(Optional.empty(), List.of());

  public Placement {
    requireNonNull(provider, "provider");
    fallback = List.copyOf(fallback);
    provider.ifPresent(name -> checkName("provider", name));
    fallback.forEach(name -> checkName("fallback", name));
  }

  /** This provider and nothing else. */
  public static Placement at(String provider) {
    return new Placement(Optional.of(provider), List.of());
  }

  /** The same with more providers to fall back on. */
  public Placement orElse(String... providers) {
    return orElse(List.of(providers));
  }

  /** The same with more providers to fall back on. */
  public Placement orElse(List<String> providers) {
    List<String> all = new ArrayList<>(fallback);
    all.addAll(providers);
    return new Placement(provider, all);
  }

  /** Every provider to try, in order, each once. */
  SequencedSet<String> chain(Optional<String> defaultProvider) {
    SequencedSet<String> chain = new LinkedHashSet<>();
    provider.or(() -> defaultProvider).ifPresent(chain::add);
    chain.addAll(fallback);
    return chain;
  }

  private static void checkName(String field, String name) {
    if (name.isBlank()) {
      throw InvalidRequestException.field(field, name, "the name of a provider, or leave it out");
    }
  }
}
