package dev.dunes.agent.claude;

import dev.dunes.agent.drive.Json;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * Answers what Claude Code asks its driver: by the policy for tools at once, by the user when it
 * may be asked, and what is not served here with a refusal, so that it never waits in vain.
 */
final class ClaudeRequests {
  private final ToolPolicy tools;
  private final ClaudeAsks asks;
  private final Consumer<String> write;

  ClaudeRequests(ToolPolicy tools, ClaudeAsks asks, Consumer<String> write) {
    this.tools = tools;
    this.asks = asks;
    this.write = write;
  }

  /** A line of type {@code control_request}. */
  void answer(JsonNode json) {
    String id = Json.text(json, "request_id", "");
    JsonNode request = Json.value(json, "request").orElseGet(Json::object);
    JsonNode input = Json.value(request, "input").orElseGet(Json::object);
    switch (Json.text(request, "subtype", "")) {
      case "can_use_tool" -> canUseTool(id, request, input);
      case "hook_callback" -> beforeUse(id, input);
      default -> write.accept(ClaudeProtocol.refusal(id, "unsupported request"));
    }
  }

  private void canUseTool(String id, JsonNode request, JsonNode input) {
    Optional<String> refusal = tools.refusal(Json.text(request, "tool_name", ""), input);
    if (refusal.isPresent()) {
      write.accept(ClaudeProtocol.answer(id, ClaudeProtocol.deny(refusal.get())));
    } else if (asks.full()) {
      write.accept(ClaudeProtocol.answer(id, ClaudeProtocol.deny("too many requests")));
    } else {
      asks.asked(id, request);
    }
  }

  private void beforeUse(String id, JsonNode input) {
    JsonNode toolInput = Json.value(input, "tool_input").orElseGet(Json::object);
    JsonNode answer =
        tools
            .refusal(Json.text(input, "tool_name", ""), toolInput)
            .map(ClaudeProtocol::denyBeforeUse)
            .orElseGet(Json::object);
    write.accept(ClaudeProtocol.answer(id, answer));
  }
}
