package dev.dunes.agent.acp;

import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.Json;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * How a turn went. The cost that an agent tells is that of the whole conversation: a turn's is the
 * difference. How often the model was asked is not told.
 */
final class AcpOutcome {
  private double before;
  private double cost;
  private boolean known;

  /**
   * @param resumed whether the conversation may have cost something before
   */
  AcpOutcome(boolean resumed) {
    this.known = !resumed;
  }

  /** A turn begins. */
  void begin() {
    before = cost;
  }

  void update(JsonNode update) {
    JsonNode told = update.path("cost").path("amount");
    if (told.isNumber() && Json.text(update.path("cost"), "currency", "USD").equals("USD")) {
      cost = Math.max(cost, told.asDouble(0));
      if (!known) {
        known = true;
        before = cost; // of before it was resumed: nobody tells how much of it is new
      }
    }
  }

  /** What the answer to the prompt says. */
  TurnOutcome of(JsonNode answer, Optional<String> text, boolean interrupted) {
    String reason = Json.text(answer, "stopReason", "unknown");
    if (interrupted) {
      return outcome(false, "interrupted", Optional.of("interrupted"), tokens(answer));
    }
    boolean success = reason.equals("end_turn");
    return outcome(
        success,
        success ? "success" : reason,
        success ? text : text.or(() -> Optional.of("the agent stopped: " + reason)),
        tokens(answer));
  }

  TurnOutcome failed(String reason, String why) {
    return outcome(false, reason, Optional.of(why), TokenUsage.NONE);
  }

  private TurnOutcome outcome(
      boolean success, String reason, Optional<String> text, TokenUsage tokens) {
    return new TurnOutcome(
        success, reason, text, Optional.empty(), 0, Math.max(0, cost - before), tokens);
  }

  private static TokenUsage tokens(JsonNode answer) {
    JsonNode usage = answer.path("usage");
    if (usage.isObject()) {
      int cached = Json.number(usage, "cachedReadTokens");
      return new TokenUsage(
          Json.number(usage, "inputTokens"), cached, Json.number(usage, "outputTokens"));
    }
    JsonNode count = answer.path("_meta").path("quota").path("token_count");
    return new TokenUsage(
        Json.number(count, "input_tokens"), 0, Json.number(count, "output_tokens"));
  }
}
