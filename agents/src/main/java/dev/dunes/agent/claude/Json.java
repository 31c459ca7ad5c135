package dev.dunes.agent.claude;

import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads what an agent wrote without trusting that it is what it should be. */
final class Json {
  static final JsonMapper MAPPER = JsonMapper.shared();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  /** A text that is there and not empty. */
  static Optional<String> text(JsonNode node, String key) {
    JsonNode value = node.get(key);
    return value != null && value.isString() && !value.asString().isEmpty()
        ? Optional.of(value.asString())
        : Optional.empty();
  }

  static String text(JsonNode node, String key, String otherwise) {
    return text(node, key).orElse(otherwise);
  }

  /** A value that is there and not null. */
  static Optional<JsonNode> value(JsonNode node, String key) {
    return Optional.ofNullable(node.get(key)).filter(value -> !value.isNull());
  }

  static int number(JsonNode node, String key) {
    JsonNode value = node.get(key);
    return value != null && value.isNumber() ? value.asInt(0) : 0;
  }

  static double decimal(JsonNode node, String key) {
    JsonNode value = node.get(key);
    return value != null && value.isNumber() ? value.asDouble(0) : 0;
  }

  static boolean flag(JsonNode node, String key) {
    JsonNode value = node.get(key);
    return value != null && value.isBoolean() && value.asBoolean();
  }
}
