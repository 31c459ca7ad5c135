package dev.dunes.sandbox;

import java.time.Duration;

/**
 * The limits of a {@link ConnectionPool}.
 *
 * @param maxConnections how many sandboxes it holds at most; at least 1; default 10
 * @param maxIdleTime how long one may be idle; default 10 min
 * @param ttl how old one may become before it is destroyed, once idle; default 1 h
 */
public record ConnectionPoolConfig(int maxConnections, Duration maxIdleTime, Duration ttl) {
  /** The defaults. */
  public static final ConnectionPoolConfig DEFAULT =
      new ConnectionPoolConfig(10, Duration.ofMinutes(10), Duration.ofHours(1));

  public ConnectionPoolConfig {
    if (maxConnections < 1) {
      throw InvalidRequestException.field(
          "maxConnections", maxConnections, "a number of at least 1");
    }
    if (!maxIdleTime.isPositive()) {
      throw InvalidRequestException.field("maxIdleTime", maxIdleTime, "a duration of more than 0");
    }
    if (!ttl.isPositive()) {
      throw InvalidRequestException.field("ttl", ttl, "a duration of more than 0");
    }
  }

  public ConnectionPoolConfig withMaxConnections(int count) {
    return new ConnectionPoolConfig(count, maxIdleTime, ttl);
  }

  public ConnectionPoolConfig withMaxIdleTime(Duration time) {
    return new ConnectionPoolConfig(maxConnections, time, ttl);
  }

  public ConnectionPoolConfig withTtl(Duration age) {
    return new ConnectionPoolConfig(maxConnections, maxIdleTime, age);
  }
}
