package dev.dunes.sandbox;

import java.time.Duration;

/**
 * When a {@link CircuitBreaker} opens and closes.
 *
 * @param failureThreshold failures in a row that open it; default 5
 * @param recoveryTimeout how long it stays open before it lets calls try; default 60 s
 * @param successThreshold successes that close it again; default 1
 * @param halfOpenRequests calls that may try at the same time; default 1
 */
public record CircuitBreakerConfig(
    int failureThreshold, Duration recoveryTimeout, int successThreshold, int halfOpenRequests) {
  /** The defaults. */
  public static final CircuitBreakerConfig DEFAULT =
      new CircuitBreakerConfig(5, Duration.ofMinutes(1), 1, 1);

  /**
   * @throws IllegalArgumentException when a count is not positive or the time is negative
   */
  public CircuitBreakerConfig {
    positive("failureThreshold", failureThreshold);
    positive("successThreshold", successThreshold);
    positive("halfOpenRequests", halfOpenRequests);
    if (recoveryTimeout.isNegative()) {
      throw new IllegalArgumentException(
          "recoveryTimeout must not be negative: " + recoveryTimeout);
    }
  }

  public CircuitBreakerConfig withFailureThreshold(int count) {
    return new CircuitBreakerConfig(count, recoveryTimeout, successThreshold, halfOpenRequests);
  }

  public CircuitBreakerConfig withRecoveryTimeout(Duration time) {
    return new CircuitBreakerConfig(failureThreshold, time, successThreshold, halfOpenRequests);
  }

  public CircuitBreakerConfig withSuccessThreshold(int count) {
    return new CircuitBreakerConfig(failureThreshold, recoveryTimeout, count, halfOpenRequests);
  }

  public CircuitBreakerConfig withHalfOpenRequests(int count) {
    return new CircuitBreakerConfig(failureThreshold, recoveryTimeout, successThreshold, count);
  }

  private static void positive(String field, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(field + " must be positive: " + value);
    }
  }
}
