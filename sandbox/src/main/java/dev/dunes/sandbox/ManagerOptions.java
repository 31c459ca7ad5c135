package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * How {@link Sandboxes} makes sandboxes.
 *
 * @param retry how often a provider is asked again before the next one is tried; default: not
 * @param breaker when a provider that keeps failing is left alone for a while; default: never
 * @param pool what is kept ready for {@link Sandboxes#create}, each handed out once; default:
 *     nothing
 * @param maxConcurrentCreations how many are made at the same time; others wait; default 64
 * @param creationWait how long one waits for its turn, or for somebody making the same; default 2
 *     min
 */
public record ManagerOptions(
    Optional<RetryPolicy> retry,
    Optional<CircuitBreakerConfig> breaker,
    Optional<PoolConfig> pool,
    int maxConcurrentCreations,
    Duration creationWait) {
  /** The defaults. */
  public static final ManagerOptions DEFAULT =
      new ManagerOptions(
          Optional.empty(), Optional.empty(), Optional.empty(), 64, Duration.ofMinutes(2));

  public ManagerOptions {
    requireNonNull(retry, "retry");
    requireNonNull(breaker, "breaker");
    requireNonNull(pool, "pool");
    if (maxConcurrentCreations < 1) {
      throw InvalidRequestException.field(
          "maxConcurrentCreations", maxConcurrentCreations, "a number of at least 1");
    }
    if (!creationWait.isPositive()) {
      throw InvalidRequestException.field(
          "creationWait", creationWait, "a duration of more than 0");
    }
  }

  public ManagerOptions withRetry(RetryPolicy policy) {
    return new ManagerOptions(
        Optional.of(policy), breaker, pool, maxConcurrentCreations, creationWait);
  }

  public ManagerOptions withBreaker(CircuitBreakerConfig config) {
    return new ManagerOptions(
        retry, Optional.of(config), pool, maxConcurrentCreations, creationWait);
  }

  public ManagerOptions withPool(PoolConfig config) {
    return new ManagerOptions(
        retry, breaker, Optional.of(config), maxConcurrentCreations, creationWait);
  }

  public ManagerOptions withMaxConcurrentCreations(int count) {
    return new ManagerOptions(retry, breaker, pool, count, creationWait);
  }

  public ManagerOptions withCreationWait(Duration limit) {
    return new ManagerOptions(retry, breaker, pool, maxConcurrentCreations, limit);
  }
}
