package dev.dunes.agent.drive;

import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads what an agent wrote without trusting that it is what it should be. */
public final class Json {
  public static final JsonMapper MAPPER = JsonMapper.shared();

  private Json() {}

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  public static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  /** What a text says, when it is JSON. */
  public static Optional<JsonNode> parse(String text) {
    try {
      return Optional.of(MAPPER.readTree(text)).filter(json -> !json.isMissingNode());
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  /** A text that is there and not empty. */
  public static Optional<String> text(JsonNode node, String key) {
    JsonNode value = node.get(key);
    return value != null && value.isString() && !value.asString().isEmpty()
        ? Optional.of(value.asString())
        : Optional.empty();
  }

  public static String text(JsonNode node, String key, String otherwise) {
    return text(node, key).orElse(otherwise);
  }

  /** A value that is there and not null. */
  public static Optional<JsonNode> value(JsonNode node, String key) {
    return Optional.ofNullable(node.get(key)).filter(value -> !value.isNull());
  }

  public static int number(JsonNode node, String key) {
    JsonNode value = node.get(key);
    return value != null && value.isNumber() ? value.asInt(0) : 0;
  }

  public static double decimal(JsonNode node, String key) {
    JsonNode value = node.get(key);
    return value != null && value.isNumber() ? value.asDouble(0) : 0;
  }

  public static boolean flag(JsonNode node, String key) {
    JsonNode value = node.get(key);
    return value != null && value.isBoolean() && value.asBoolean();
  }
}
