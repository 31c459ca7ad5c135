package dev.dunes.agent.opencode;

import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.RecentMap;
import tools.jackson.databind.JsonNode;

/**
 * Adds up the steps of a turn, one a call of a model, those of subagents with it. Each step is
 * counted once, however often it is told, so nothing of turns before is in it.
 */
final class OpenCodeUsage {
  private final RecentMap<Boolean> counted = new RecentMap<>(1024);
  private TokenUsage tokens = TokenUsage.NONE;
  private double cost;
  private int steps;

  /** A turn begins. */
  void begin() {
    tokens = TokenUsage.NONE;
    cost = 0;
    steps = 0;
  }

  /**
   * A part of type {@code step-finish}.
   *
   * @param own whether it is the agent's own, not a subagent's
   */
  void add(JsonNode part, boolean own) {
    String id = Json.text(part, "id", "");
    if (counted.get(id).isPresent()) {
      return;
    }
    counted.put(id, true);
    JsonNode said = part.path("tokens");
    long cached = Json.number(said.path("cache"), "read");
    long input = Json.number(said, "input") + cached + Json.number(said.path("cache"), "write");
    long output = (long) Json.number(said, "output") + Json.number(said, "reasoning");
    tokens = tokens.plus(new TokenUsage(input, cached, output));
    cost += Math.max(0, Json.decimal(part, "cost"));
    steps += own ? 1 : 0;
  }

  TokenUsage tokens() {
    return tokens;
  }

  /** In US dollars; 0 as long as OpenCode knows no price. */
  double cost() {
    return cost;
  }

  /** How many times the agent itself asked its model. */
  int steps() {
    return steps;
  }
}
