package dev.dunes.agent.claude;

import dev.dunes.agent.TokenUsage;
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
  private TokenUsage tokens = TokenUsage.NONE;
  private double total;

  /** A turn begins. */
  void begin() {
    turns = 0;
    cost = 0;
    tokens = TokenUsage.NONE;
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
    tokens = tokens.plus(usage(result.path("usage")));
  }

  /** Of a turn; what came from a cache is told apart by the agent, and is input, too. */
  private static TokenUsage usage(JsonNode usage) {
    long cached = Json.number(usage, "cache_read_input_tokens");
    long input =
        Json.number(usage, "input_tokens")
            + cached
            + Json.number(usage, "cache_creation_input_tokens");
    return new TokenUsage(input, cached, Json.number(usage, "output_tokens"));
  }

  /** What its last result says. */
  TurnOutcome of(JsonNode result) {
    String subtype = Json.text(result, "subtype", "unknown");
    boolean error = Json.flag(result, "is_error");
    boolean success = subtype.equals("success") && !error;
    String reason =
        subtype.equals("success") && error
            ? Json.text(result, "terminal_reason", "error")
            : subtype;
    return new TurnOutcome(success, reason, text(result), Optional.empty(), turns, cost, tokens);
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
