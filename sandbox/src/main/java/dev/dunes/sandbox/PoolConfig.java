package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * The limits and habits of a {@link SandboxPool}.
 *
 * @param minIdle how many are kept ready where the strategy keeps any; default 0
 * @param maxTotal how many it holds at most; with 0 or less it refuses every request; default 10
 * @param maxIdle how many idle ones it holds at most; default 5
 * @param sandboxTtl how old one may become before it is destroyed, once idle; default 1 h
 * @param idleTimeout how long one may be idle before it is destroyed; default 10 min
 * @param acquireTimeout how long a request waits when all are taken; default 30 s
 * @param strategy when sandboxes are made; default {@link PoolStrategy#LAZY}
 * @param reuse whether {@link SandboxPool#acquire} may hand out one that was used before; default
 *     true
 * @param autoCleanup whether old ones are destroyed without being asked; default true
 * @param cleanupInterval how often; default 60 s
 * @param onCreate told of each one made; what it throws is logged
 * @param onDestroy told of each one before it is destroyed; what it throws is logged
 * @param onReuse told of each one handed out again; what it throws is logged
 */
public record PoolConfig(
    int minIdle,
    int maxTotal,
    int maxIdle,
    Duration sandboxTtl,
    Duration idleTimeout,
    Duration acquireTimeout,
    PoolStrategy strategy,
    boolean reuse,
    boolean autoCleanup,
    Duration cleanupInterval,
    Consumer<Sandbox> onCreate,
    Consumer<Sandbox> onDestroy,
    Consumer<Sandbox> onReuse) {
  /** The defaults. */
  public static final PoolConfig DEFAULT = builder().build();

  public PoolConfig {
    atLeastZero("minIdle", minIdle);
    atLeastZero("maxIdle", maxIdle);
    positive("sandboxTtl", sandboxTtl);
    positive("idleTimeout", idleTimeout);
    positive("cleanupInterval", cleanupInterval);
    if (acquireTimeout.isNegative()) {
      throw InvalidRequestException.field(
          "acquireTimeout", acquireTimeout, "a duration of 0 or more");
    }
    requireNonNull(strategy, "strategy");
    requireNonNull(onCreate, "onCreate");
    requireNonNull(onDestroy, "onDestroy");
    requireNonNull(onReuse, "onReuse");
  }

  public static PoolConfigBuilder builder() {
    return new PoolConfigBuilder();
  }

  /** How many idle ones of a kind are aimed at: never more than the other limits allow. */
  int targetIdle() {
    return Math.min(minIdle, Math.min(maxIdle, Math.max(maxTotal, 0)));
  }

  private static void atLeastZero(String field, int value) {
    if (value < 0) {
      throw InvalidRequestException.field(field, value, "a number of at least 0");
    }
  }

  private static void positive(String field, Duration value) {
    if (!value.isPositive()) {
      throw InvalidRequestException.field(field, value, "a duration of more than 0");
    }
  }
}
