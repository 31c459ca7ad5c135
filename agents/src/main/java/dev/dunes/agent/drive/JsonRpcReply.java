package dev.dunes.agent.drive;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What became of a request of ours. */
public sealed interface JsonRpcReply {
  /** It was served; an empty object when the agent said nothing more. */
  record Result(JsonNode value) implements JsonRpcReply {}

  /**
   * The agent refused it.
   *
   * @param code JSON-RPC's or the agent's own
   */
  record Failure(int code, String message, Optional<JsonNode> data) implements JsonRpcReply {}

  /** No reply came, and none will be looked at. */
  record None(String why) implements JsonRpcReply {}

  /** Why there is no result; empty when there is one. */
  default Optional<String> problem() {
    return switch (this) {
      case Result _ -> Optional.empty();
      case Failure failure -> Optional.of("%s (%d)".formatted(failure.message(), failure.code()));
      case None none -> Optional.of(none.why());
    };
  }
}
