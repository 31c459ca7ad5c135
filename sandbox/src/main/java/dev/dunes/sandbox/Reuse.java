package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProvider;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds sandboxes by their labels, and sees to it that there is one for each set of labels. */
final class Reuse {
  private static final Logger LOG = LoggerFactory.getLogger(Reuse.class);

  /** Of the process, not of one {@link Sandboxes}: two of them may use the same provider. */
  private static final KeyedLocks<Key> LOCKS =
      new KeyedLocks<>(Comparator.comparing(Key::provider).thenComparing(Key::labels));

  private final Function<String, SandboxProvider> providers;
  private final Candidates candidates;
  private final ManagerOptions options;

  Reuse(Function<String, SandboxProvider> providers, ManagerOptions options, TimeSource time) {
    this.providers = providers;
    this.candidates = new Candidates(time, options.creationWait());
    this.options = options;
  }

  /**
   * One that carries these labels, at the first provider that has any; throws when no provider
   * could be searched.
   */
  Optional<Sandbox> find(Collection<String> chain, Map<String, String> labels) {
    if (labels.isEmpty()) {
      throw new InvalidRequestException(
          "labels", "labels: none given", ErrorDetails.remedy("name at least one label"));
    }
    List<SandboxException> failures = new ArrayList<>();
    for (String name : chain) {
      try {
        Optional<Sandbox> found = candidates.first(providers.apply(name), labels);
        if (found.isPresent()) {
          return found.map(sandbox -> NamedSandbox.of(sandbox, name));
        }
      } catch (SandboxInterruptedException e) {
        throw e;
      } catch (RuntimeException e) {
        LOG.warn("could not search provider {}", name, e);
        failures.add(Failures.asSandboxException(name, e));
      }
    }
    if (!failures.isEmpty() && failures.size() == chain.size()) {
      SandboxException last = failures.removeLast();
      failures.forEach(last::addSuppressed);
      throw last;
    }
    return Optional.empty();
  }

  /**
   * {@link #find}, else what is made here; in this process one at a time for each provider and
   * labels.
   */
  Sandbox getOrCreate(
      Collection<String> chain, Map<String, String> labels, Supplier<Sandbox> creation) {
    List<Key> keys = chain.stream().map(name -> new Key(name, sorted(labels))).toList();
    return LOCKS.holding(
        keys,
        options.creationWait(),
        () -> find(chain, labels).orElseGet(() -> yieldToOlder(creation.get(), labels)));
  }

  /**
   * Another process may have made one since we looked: the older one stays. Both see the same
   * order.
   */
  private Sandbox yieldToOlder(Sandbox ours, Map<String, String> labels) {
    SandboxProvider provider = providers.apply(ours.provider());
    Optional<Sandbox> older;
    try {
      older =
          Candidates.alive(provider, labels).stream()
              .min(Candidates.OLDEST_FIRST)
              .filter(oldest -> !oldest.id().equals(ours.id()))
              .filter(oldest -> oldest.createdAt().isPresent())
              .flatMap(oldest -> provider.get(oldest.id()));
    } catch (SandboxInterruptedException e) {
      Creation.destroy(ours);
      throw e;
    } catch (RuntimeException e) {
      LOG.warn("could not look for a duplicate of sandbox {}", ours.id(), e);
      return ours;
    }
    if (older.isEmpty()) {
      return ours;
    }
    Creation.destroy(ours);
    return NamedSandbox.of(older.get(), ours.provider());
  }

  private record Key(String provider, String labels) {}

  private static String sorted(Map<String, String> labels) {
    return new TreeMap<>(labels).toString();
  }
}
