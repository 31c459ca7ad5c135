package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProvider;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes a sandbox at one provider with what the options ask for: retry within the provider's
 * breaker, the pool beneath.
 */
final class Creator implements AutoCloseable {
  private final ManagerOptions options;
  private final Creation creation;
  private final Optional<SandboxPool> pool;
  private final Map<String, CircuitBreaker> breakers = new ConcurrentHashMap<>();

  Creator(ManagerOptions options) {
    this.options = options;
    this.creation = new CreationLimit(options.maxConcurrentCreations(), options.creationWait());
    this.pool = options.pool().map(config -> new SandboxPool(config, creation, TimeSource.SYSTEM));
    pool.ifPresent(SandboxPool::start);
  }

  Sandbox create(String name, SandboxProvider provider, SandboxSpec spec) {
    if (options.breaker().isEmpty()) {
      return retried(provider, spec);
    }
    // outside the retry, so that an open breaker fails over at once instead of being waited for
    return breakers
        .computeIfAbsent(name, n -> new CircuitBreaker(options.breaker().get()))
        .call(() -> retried(provider, spec));
  }

  Optional<SandboxPool> pool() {
    return pool;
  }

  private Sandbox retried(SandboxProvider provider, SandboxSpec spec) {
    return options.retry().isPresent()
        ? options.retry().get().execute(() -> once(provider, spec))
        : once(provider, spec);
  }

  private Sandbox once(SandboxProvider provider, SandboxSpec spec) {
    return pool.isPresent() ? pool.get().claim(provider, spec) : creation.make(provider, spec);
  }

  @Override
  public void close() {
    pool.ifPresent(SandboxPool::close);
  }
}
