package dev.dunes.agent.codex;

import dev.dunes.agent.TokenUsage;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.RecentMap;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Adds up a turn: how often the model was asked, what it took, what it said last. Tokens are
 * differences of the totals of each thread, which also count what was before a thread was resumed.
 * Success is computed from the status of the turn.
 */
final class CodexOutcome {
  private final RecentMap<TokenUsage> totals = new RecentMap<>(1000);
  private int calls;
  private TokenUsage tokens = TokenUsage.NONE;
  private Optional<String> text = Optional.empty();

  /** A turn begins. */
  void begin() {
    calls = 0;
    tokens = TokenUsage.NONE;
  }

  /** A part of a turn begins: what was said before is not its answer. */
  void beginPart() {
    text = Optional.empty();
  }

  int calls() {
    return calls;
  }

  /**
   * Looks at a notification.
   *
   * @param own whether it is of our thread
   * @param running whether it is of a turn that runs
   */
  void see(String method, JsonNode params, boolean own, boolean running) {
    if (method.equals("thread/tokenUsage/updated")) {
      usage(params, own, running);
    } else if (method.equals("item/completed") && own) {
      JsonNode item = params.path("item");
      if (Json.text(item, "type", "").equals("agentMessage")) {
        text = Json.text(item, "text");
      }
    }
  }

  private void usage(JsonNode params, boolean own, boolean running) {
    String thread = Json.text(params, "threadId", "");
    TokenUsage total = usage(params.path("tokenUsage").path("total"));
    TokenUsage last = usage(params.path("tokenUsage").path("last"));
    Optional<TokenUsage> before = totals.get(thread);
    totals.put(thread, total);
    if (!running || before.equals(Optional.of(total))) {
      return; // what a thread took before it was resumed, or the same once more
    }
    calls += own ? 1 : 0;
    tokens =
        tokens.plus(
            before
                .map(each ->
                    new TokenUsage(
                        Math.max(0, total.input() - each.input()),
                        Math.max(0, total.cachedInput() - each.cachedInput()),
                        Math.max(0, total.output() - each.output())))
                .orElse(last));
  }

  private static TokenUsage usage(JsonNode tokens) {
    return new TokenUsage(
        Json.number(tokens, "inputTokens"),
        Json.number(tokens, "cachedInputTokens"),
        Json.number(tokens, "outputTokens"));
  }

  /** The answer as JSON, when it is some. */
  Optional<JsonNode> structured() {
    return text.flatMap(Json::parse);
  }

  /** How the turn ended by the object that describes it. */
  TurnOutcome of(JsonNode turn) {
    String status = Json.text(turn, "status", "failed");
    JsonNode error = turn.path("error");
    return switch (status) {
      case "completed" -> outcome(true, "success", text);
      case "interrupted" -> outcome(false, "interrupted", Optional.of("interrupted"));
      default ->
          outcome(
              false,
              CodexEvents.code(error),
              Json.text(error, "message").or(() -> Optional.of(status)));
    };
  }

  /** A turn whose result does not stand. */
  TurnOutcome failed(String reason, String why) {
    return outcome(false, reason, Optional.of(why));
  }

  private TurnOutcome outcome(boolean success, String reason, Optional<String> said) {
    return new TurnOutcome(success, reason, said, Optional.empty(), calls, 0, tokens);
  }
}
