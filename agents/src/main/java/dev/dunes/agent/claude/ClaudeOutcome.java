package dev.dunes.agent.claude;

import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.Json;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/**
 * Adds up the results of a turn. Cost and turns are of this turn alone: {@code total_cost_usd}
 * counts everything since the conversation began, also before it was resumed, so what each model
 * cost since the last result is added instead. Success is computed: a failed model call has the
 * subtype {@code success}, too.
 */
final class ClaudeOutcome {
  private int turns;
  private double cost;
  private double total;

  /** A turn begins. */
  void begin() {
    turns = 0;
    cost = 0;
  }

  void add(JsonNode result) {
    turns += Json.number(result, "num_turns");
    double totalNow = Json.decimal(result, "total_cost_usd");
    Optional<JsonNode> byModel = Json.value(result, "model_usage_since_last_result");
    cost +=
        byModel
            .map(models ->
                StreamSupport.stream(models.spliterator(), false)
                    .mapToDouble(each -> Json.decimal(each, "costUSD"))
                    .sum())
            .orElse(Math.max(0, totalNow - total));
    total = totalNow;
  }

  /** What its last result says. */
  TurnOutcome of(JsonNode result, Optional<JsonNode> structured) {
    String subtype = Json.text(result, "subtype", "unknown");
    boolean error = Json.flag(result, "is_error");
    boolean success = subtype.equals("success") && !error;
    String reason =
        subtype.equals("success") && error
            ? Json.text(result, "terminal_reason", "error")
            : subtype;
    return new TurnOutcome(success, reason, text(result), structured, turns, cost);
  }

  /** A turn whose result does not stand. */
  TurnOutcome failed(String reason, String text) {
    return new TurnOutcome(false, reason, Optional.of(text), Optional.empty(), turns, cost);
  }

  private static Optional<String> text(JsonNode result) {
    return Json.text(result, "result")
        .or(() ->
            Json.value(result, "errors")
                .map(errors ->
                    StreamSupport.stream(errors.spliterator(), false)
                        .filter(JsonNode::isString)
                        .map(JsonNode::asString)
                        .collect(Collectors.joining("; ")))
                .filter(joined -> !joined.isEmpty()));
  }
}
