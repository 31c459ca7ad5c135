package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

/**
 * A message of the user.
 *
 * @param text its words
 */
public record Prompt(String text) {
  public Prompt {
    requireNonNull(text, "text");
  }
}
