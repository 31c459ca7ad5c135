package dev.dunes.session;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/** What the last event of a run means for its record. Query API 2.6. */
final class RunEnds {
  private RunEnds() {}

  static RunEnd of(Ending ending) {
    return switch (ending.last()) {
      case RunEvent.Result result -> of(result);
      case RunEvent.Failure failure ->
          RunEnd.failed(ending.outcome().orElseGet(() -> outcome(failure)), failure.message());
      case RunEvent.Message message -> throw notLast(message);
      case RunEvent.Stdout stdout -> throw notLast(stdout);
      case RunEvent.Stderr stderr -> throw notLast(stderr);
      case RunEvent.Warning warning -> throw notLast(warning);
      case RunEvent.GeneratedFile file -> throw notLast(file);
    };
  }

  private static RunEnd of(RunEvent.Result result) {
    JsonNode node = result.node();
    String subtype = Json.string(node, "subtype").orElse("success");
    boolean error = node.path("is_error").asBoolean(false);
    boolean completed = subtype.equals("success") && !error;
    JsonNode cost = node.path("total_cost_usd");
    return new RunEnd(
        completed,
        completed || !subtype.equals("success") ? subtype : "agent_error",
        completed ? Optional.empty() : Optional.of(text(node, subtype)),
        cost.isNumber() ? OptionalDouble.of(cost.doubleValue()) : OptionalDouble.empty(),
        node.path("num_turns").canConvertToInt() && node.path("num_turns").isNumber()
            ? OptionalInt.of(node.get("num_turns").intValue())
            : OptionalInt.empty());
  }

  private static String text(JsonNode result, String subtype) {
    return Json.string(result, "result")
        .filter(text -> !text.isBlank())
        .or(() -> errors(result))
        .orElse(subtype);
  }

  private static Optional<String> errors(JsonNode result) {
    List<String> all =
        result
            .path("errors")
            .valueStream()
            .map(error -> error.isString() ? error.asString() : error.toString())
            .toList();
    return all.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", all));
  }

  private static String outcome(RunEvent.Failure failure) {
    return switch (failure.code()) {
      case CRASHED -> "crashed";
      case TIMEOUT -> "timeout";
      case CANCELLED -> "cancelled";
      case SANDBOX_CREATE, UPLOAD, CONFIG, AUTH, SHUTDOWN, INTERNAL -> "error";
    };
  }

  private static IllegalStateException notLast(RunEvent event) {
    return new IllegalStateException(event.getClass().getSimpleName() + " is no last event");
  }
}
