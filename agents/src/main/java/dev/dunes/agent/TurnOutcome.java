package dev.dunes.agent;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * How a turn ended.
 *
 * @param success whether it did what was asked, as far as the agent can tell
 * @param reason the agent's word for it, such as {@code success} or {@code error_max_turns}
 * @param text the final answer, or what went wrong
 * @param structured what was asked for by a schema; only when it satisfies the schema
 * @param turns how many times the model was asked
 * @param costUsd what this turn cost by the agent's own count, in US dollars; 0 when it counts none
 * @param tokens what this turn took, never what turns before it took
 */
public record TurnOutcome(
    boolean success,
    String reason,
    Optional<String> text,
    Optional<JsonNode> structured,
    int turns,
    double costUsd,
    TokenUsage tokens) {
  /** One whose tokens are not known. */
  public TurnOutcome(
      boolean success,
      String reason,
      Optional<String> text,
      Optional<JsonNode> structured,
      int turns,
      double costUsd) {
    this(success, reason, text, structured, turns, costUsd, TokenUsage.NONE);
  }
}
