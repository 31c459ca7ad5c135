package dev.dunes.sandbox;

import java.util.Locale;

/** What a {@link CircuitBreaker} does with calls. */
public enum CircuitState {
  /** Lets them through. */
  CLOSED,
  /** Refuses them. */
  OPEN,
  /** Lets a few through to see whether they succeed. */
  HALF_OPEN;

  /** The lower-case name used on every wire. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
