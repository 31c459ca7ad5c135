package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;

/**
 * Some bytes a command wrote, in the order they arrived.
 *
 * @param channel where they were written
 * @param data the bytes; at least one. Not copied: whoever receives the chunk owns the array
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record OutputChunk(Channel channel, byte[] data) {
  public OutputChunk {
    requireNonNull(channel, "channel");
    requireNonNull(data, "data");
  }

  /** The bytes as UTF-8; a character cut at the chunk's edge shows as U+FFFD. */
  public String text() {
    return new String(data, StandardCharsets.UTF_8);
  }
}
