package dev.dunes.sandbox;

import java.time.Duration;

/**
 * Waits that grow by the same amount: {@code min(initial + increment * attempt, max)}.
 *
 * @param increment the amount; default 1 s
 * @param initial the first wait; default 1 s
 * @param max the longest wait; default 60 s
 */
public record LinearBackoff(Duration increment, Duration initial, Duration max) implements Backoff {
  /** The defaults. */
  public static final LinearBackoff DEFAULT =
      new LinearBackoff(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofMinutes(1));

  public LinearBackoff {
    Seconds.notNegative("increment", increment);
    Seconds.notNegative("initial", initial);
    Seconds.notNegative("max", max);
  }

  @Override
  public Duration delay(int attempt) {
    return Seconds.atMost(Seconds.of(initial) + Seconds.of(increment) * attempt, max);
  }
}
