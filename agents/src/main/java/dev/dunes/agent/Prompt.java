package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A message of the user.
 *
 * @param text its words
 * @param attachments what goes with it, in order
 */
public record Prompt(String text, List<Attachment> attachments) {
  public Prompt {
    requireNonNull(text, "text");
    attachments = List.copyOf(attachments);
  }

  /** Words alone. */
  public Prompt(String text) {
    this(text, List.of());
  }
}
