package dev.dunes.scripted;

import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** How one kind of client talks to models. Stateless. */
sealed interface Protocol permits AnthropicMessages, OpenAiResponses, ChatCompletions, Gemini {
  /** What every reply is said to have used, so that sums count calls. */
  int INPUT_TOKENS = 120;

  int OUTPUT_TOKENS = 20;

  /** What ids of calls begin with. */
  default String callPrefix() {
    return "call_";
  }

  ModelRequest read(String path, JsonNode body);

  /** The reply as the events of a stream. */
  List<ServerEvent> stream(Reply reply, JsonNode request);

  /** The reply as one document. */
  JsonNode whole(Reply reply);

  /** The event by which a stream says that the model is overloaded. */
  ServerEvent overloaded();

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** An object with a {@code type}. */
  static ObjectNode object(String type) {
    return object().put("type", type);
  }
}
