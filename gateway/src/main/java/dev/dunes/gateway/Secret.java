package dev.dunes.gateway;

import static java.util.Objects.requireNonNull;

/**
 * A key. It never appears in a message, a log or an event: its text is only to be had by asking for
 * it.
 */
public final class Secret {
  private final String value;

  private Secret(String value) {
    this.value = value;
  }

  /**
   * @throws IllegalArgumentException when it is blank or could not stand in a header
   */
  public static Secret of(String value) {
    requireNonNull(value, "value");
    if (value.isBlank()) {
      throw new IllegalArgumentException("a key is blank");
    }
    if (value.chars().anyMatch(each -> each < ' ' || each == 0x7f)) {
      throw new IllegalArgumentException("a key has a line break or another control character");
    }
    return new Secret(value);
  }

  /** The key itself, for the request it belongs in and nothing else. */
  public String reveal() {
    return value;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && secret.value.equals(value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return "***";
  }
}
