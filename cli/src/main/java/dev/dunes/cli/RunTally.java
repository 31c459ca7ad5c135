package dev.dunes.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/**
 * How a run ended.
 *
 * @param word such as {@code success} or {@code error_max_turns}
 * @param completed whether it did what was asked
 */
record RunTally(
    String word,
    boolean completed,
    OptionalInt turns,
    OptionalDouble costUsd,
    Optional<String> model,
    Duration took) {
  /** As the result of an agent says. */
  static RunTally of(JsonNode result, Optional<String> model, Duration took) {
    String subtype = result.path("subtype").asString("unknown");
    boolean error = result.path("is_error").asBoolean(false);
    boolean success = subtype.equals("success");
    JsonNode cost = result.path("total_cost_usd");
    JsonNode turns = result.path("num_turns");
    return new RunTally(
        success && error ? "error" : subtype,
        success && !error,
        turns.isNumber() ? OptionalInt.of(turns.asInt()) : OptionalInt.empty(),
        cost.isNumber() ? OptionalDouble.of(cost.asDouble()) : OptionalDouble.empty(),
        model,
        took);
  }

  /** As a run that came to no result. */
  static RunTally failed(Optional<String> model, Duration took) {
    return new RunTally("error", false, OptionalInt.empty(), OptionalDouble.empty(), model, took);
  }

  String line(boolean withTime) {
    StringBuilder line = new StringBuilder("--- Result: ").append(Printable.line(word));
    line.append(" | turns: ").append(turns.isPresent() ? turns.getAsInt() : "?");
    line.append(" | cost: ").append(cost());
    if (withTime) {
      line.append(" | time: ").append(seconds()).append(" s");
    }
    return line.append(" ---").toString();
  }

  String cost() {
    return costUsd.isPresent() ? String.format(Locale.ROOT, "$%.4f", costUsd.getAsDouble()) : "n/a";
  }

  String seconds() {
    return String.format(Locale.ROOT, "%.1f", took.toMillis() / 1000.0);
  }
}
