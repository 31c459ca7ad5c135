package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

/**
 * Which provider is used when none is named, and why.
 *
 * @param name the provider
 * @param reason one line, such as {@code DUNES_PROVIDER is set}
 */
public record ProviderChoice(String name, String reason) {
  public ProviderChoice {
    requireNonNull(name, "name");
    requireNonNull(reason, "reason");
  }

  @Override
  public String toString() {
    return name + " (" + reason + ")";
  }
}
