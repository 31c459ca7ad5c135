package dev.dunes.agent.pi;

import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.Json;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Adds up a turn, and says when it is over: when pi's run ends, unless pi tries again after an
 * error or has to shorten the conversation first. A failed model call is only told by the reason
 * for which its message stopped.
 */
final class PiTurn {
  private int calls;
  private double cost;
  private TokenUsage tokens = TokenUsage.NONE;
  private Optional<String> text = Optional.empty();
  private String stopReason = "";
  private Optional<String> error = Optional.empty();
  private boolean active;
  private boolean retries;
  private boolean compacts;

  /** What is to be done about the end of the turn. */
  enum Verdict {
    GOES_ON,
    /** It may be over: pi is to be asked whether it still works. */
    ASK,
    OVER
  }

  /** A turn begins. */
  void begin() {
    calls = 0;
    cost = 0;
    tokens = TokenUsage.NONE;
    text = Optional.empty();
    stopReason = "";
    error = Optional.empty();
    active = false;
    retries = false;
  }

  Verdict see(JsonNode event) {
    switch (Json.text(event, "type", "")) {
      case "agent_start" -> {
        active = true;
        retries = false;
      }
      case "message_end" -> message(event.path("message"));
      case "auto_retry_start" -> retries = true;
      case "compaction_start" -> compacts = true;
      case "agent_end" -> {
        active = false;
        return stopReason.equals("error") ? Verdict.ASK : Verdict.OVER;
      }
      case "auto_retry_end" -> {
        retries = false;
        return active ? Verdict.GOES_ON : Verdict.ASK;
      }
      case "compaction_end" -> {
        compacts = false;
        retries = Json.flag(event, "willRetry");
        return active || retries ? Verdict.GOES_ON : Verdict.ASK;
      }
      default -> {}
    }
    return Verdict.GOES_ON;
  }

  private void message(JsonNode message) {
    if (!Json.text(message, "role", "").equals("assistant")) {
      return;
    }
    calls++;
    JsonNode usage = message.path("usage");
    int cached = Json.number(usage, "cacheRead");
    tokens =
        tokens.plus(
            new TokenUsage(
                Json.number(usage, "input") + cached + Json.number(usage, "cacheWrite"),
                cached,
                Json.number(usage, "output")));
    cost += Json.decimal(usage.path("cost"), "total");
    stopReason = Json.text(message, "stopReason", "");
    error = Json.text(message, "errorMessage");
    StringBuilder said = new StringBuilder();
    for (JsonNode block : message.path("content")) {
      if (Json.text(block, "type", "").equals("text")) {
        said.append(said.isEmpty() ? "" : "\n").append(Json.text(block, "text", ""));
      }
    }
    if (!said.isEmpty()) {
      text = Optional.of(said.toString());
    }
  }

  /** Something pi said is gone; it may have been the end of its run. */
  void lost() {
    active = false;
  }

  int calls() {
    return calls;
  }

  /** Whether a message would be refused now although no turn runs. */
  boolean isBusy() {
    return compacts;
  }

  /** Whether what pi says of itself means that the turn is over. */
  boolean isOver(JsonNode state) {
    return !active
        && !retries
        && !compacts
        && !Json.flag(state, "isStreaming")
        && !Json.flag(state, "isCompacting");
  }

  TurnOutcome outcome(Optional<String> stopped) {
    if (stopped.isPresent()) {
      return outcome(false, stopped.get(), stopped);
    }
    return switch (stopReason) {
      case "stop" -> outcome(true, "success", text);
      case "error" -> outcome(false, "api_error", error.or(() -> Optional.of("error")));
      default ->
          outcome(false, stopReason.isEmpty() ? "unknown" : stopReason, error.or(() -> text));
    };
  }

  TurnOutcome failed(String reason, String why) {
    return outcome(false, reason, Optional.of(why));
  }

  private TurnOutcome outcome(boolean success, String reason, Optional<String> said) {
    return new TurnOutcome(success, reason, said, Optional.empty(), calls, cost, tokens);
  }
}
