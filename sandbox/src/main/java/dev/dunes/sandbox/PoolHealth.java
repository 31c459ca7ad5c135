package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

/**
 * How a {@link SandboxPool} is.
 *
 * @param healthy it has room
 * @param stats what it has done and holds
 * @param config its limits
 */
public record PoolHealth(boolean healthy, PoolStats stats, PoolConfig config) {
  public PoolHealth {
    requireNonNull(stats, "stats");
    requireNonNull(config, "config");
  }
}
