package dev.dunes.agent.amp;

import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.Json;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * When a turn of Amp is over and what came of it. A {@code result} comes once, at the end of the
 * process: a turn ends with a message that calls no tool.
 */
final class AmpTurn {
  /** How a message ends after which Amp waits for its user. */
  private static final Set<String> LAST =
      Set.of("end_turn", "stop_sequence", "max_tokens", "refusal");

  private final OptionalInt most;
  private TokenUsage tokens = TokenUsage.NONE;
  private int steps;
  private String text = "";
  private String stop = "";
  private Optional<String> error = Optional.empty();

  /**
   * @param most how many times the model may be asked
   */
  AmpTurn(OptionalInt most) {
    this.most = most;
  }

  /** A prompt is sent. */
  void begin() {
    tokens = TokenUsage.NONE;
    steps = 0;
    text = "";
    stop = "";
    error = Optional.empty();
  }

  /** Looks at a line; all of them must be shown. */
  void see(JsonNode line) {
    String type = Json.text(line, "type", "");
    if (type.equals("assistant") && Json.text(line, "parent_tool_use_id").isEmpty()) {
      JsonNode message = line.path("message");
      steps++;
      stop = Json.text(message, "stop_reason", "");
      count(message.path("usage"));
      String words =
          message
              .path("content")
              .valueStream()
              .filter(block -> Json.text(block, "type", "").equals("text"))
              .flatMap(block -> Json.text(block, "text").stream())
              .collect(Collectors.joining("\n"));
      text = words.isEmpty() ? text : words;
    } else if (type.equals("result")) {
      error = Optional.of(Json.text(line, "error", "it ended before its answer"));
    }
  }

  private void count(JsonNode usage) {
    long cached = Json.number(usage, "cache_read_input_tokens");
    long input =
        Json.number(usage, "input_tokens")
            + cached
            + Json.number(usage, "cache_creation_input_tokens");
    tokens = tokens.plus(new TokenUsage(input, cached, Json.number(usage, "output_tokens")));
  }

  /** Whether it came to its end by itself. */
  boolean over() {
    return LAST.contains(stop);
  }

  /** Why it must not go on, when the model was asked often enough. */
  Optional<String> tooLong() {
    return stop.equals("tool_use") && most.isPresent() && steps >= most.getAsInt()
        ? Optional.of("the model was asked %d times".formatted(most.getAsInt()))
        : Optional.empty();
  }

  /** What came of one that is over. */
  TurnOutcome ended() {
    boolean success = stop.equals("end_turn");
    return new TurnOutcome(
        success,
        success ? "success" : stop,
        Optional.of(text).filter(words -> !words.isEmpty()),
        Optional.empty(),
        steps,
        0,
        tokens);
  }

  /** One that ended with its process. */
  TurnOutcome failed() {
    return failed("error_during_execution", error.orElse("it ended before its answer"));
  }

  TurnOutcome failed(String reason, String why) {
    return new TurnOutcome(false, reason, Optional.of(why), Optional.empty(), steps, 0, tokens);
  }
}
