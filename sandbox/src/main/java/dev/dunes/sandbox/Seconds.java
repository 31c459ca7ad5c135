package dev.dunes.sandbox;

import java.time.Duration;

/** Durations as numbers, for arithmetic that may leave their range. */
final class Seconds {
  private Seconds() {}

  static double of(Duration duration) {
    return duration.getSeconds() + duration.getNano() / 1e9;
  }

  /** A number of seconds, at most {@code max}. */
  static Duration atMost(double seconds, Duration max) {
    return seconds < of(max) ? Duration.ofNanos(Math.round(seconds * 1e9)) : max;
  }

  static Duration notNegative(String name, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException(name + " must not be negative: " + duration);
    }
    return duration;
  }
}
