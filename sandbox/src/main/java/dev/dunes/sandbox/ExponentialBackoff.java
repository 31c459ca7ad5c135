package dev.dunes.sandbox;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Waits that grow by a factor: {@code min(initial * base^attempt, max)}, with jitter times a random
 * number from 0 to 1.
 *
 * @param base the factor; default 2
 * @param initial the first wait; default 1 s
 * @param max the longest wait; default 60 s
 * @param jitter whether waits are random up to the one computed; default no
 */
public record ExponentialBackoff(double base, Duration initial, Duration max, boolean jitter)
    implements Backoff {
  /** The defaults. */
  public static final ExponentialBackoff DEFAULT =
      new ExponentialBackoff(2, Duration.ofSeconds(1), Duration.ofMinutes(1), false);

  public ExponentialBackoff {
    Seconds.notNegative("initial", initial);
    Seconds.notNegative("max", max);
    if (!(base > 0)) {
      throw new IllegalArgumentException("base must be positive: " + base);
    }
  }

  @Override
  public Duration delay(int attempt) {
    Duration full = Seconds.atMost(Seconds.of(initial) * Math.pow(base, attempt), max);
    return jitter
        ? Seconds.atMost(Seconds.of(full) * ThreadLocalRandom.current().nextDouble(), full)
        : full;
  }
}
