package dev.dunes.scripted;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** A part of a reply, still without a protocol. */
sealed interface Block {
  /**
   * Words.
   *
   * @param deltas in the pieces they are sent in
   * @param pause between the pieces
   */
  record Said(List<String> deltas, Duration pause) implements Block {
    static Said of(String text) {
      return new Said(Pieces.ofText(text), Duration.ZERO);
    }

    String text() {
      return String.join("", deltas);
    }
  }

  /** Reasoning. */
  record Thought(String text) implements Block {}

  /** A tool is to be used. */
  record Call(String id, String name, Optional<String> namespace, JsonNode input)
      implements Block {}

  /** A tool with a text as its input is to be used. */
  record FreeformCall(String id, String name, String input) implements Block {}
}
