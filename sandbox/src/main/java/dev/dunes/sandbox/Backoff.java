package dev.dunes.sandbox;

import java.time.Duration;

/** How long to wait before each attempt. */
public sealed interface Backoff permits ExponentialBackoff, LinearBackoff {
  /**
   * The wait before an attempt.
   *
   * @param attempt counted from 0
   */
  Duration delay(int attempt);
}
