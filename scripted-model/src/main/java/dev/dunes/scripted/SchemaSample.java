package dev.dunes.scripted;

import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Makes JSON that fits a schema: the first choice, or a value that is always the same. */
final class SchemaSample {
  /** Schemas may refer to themselves. */
  private static final int DEEPEST = 32;

  private SchemaSample() {}

  static JsonNode of(JsonNode schema) {
    return of(schema, "", 0);
  }

  private static JsonNode of(JsonNode schema, String name, int depth) {
    JsonNodeFactory make = JsonNodeFactory.instance;
    if (schema.has("const")) {
      return schema.path("const");
    }
    if (!schema.path("enum").isEmpty()) {
      return schema.path("enum").path(0);
    }
    for (String choice : new String[] {"anyOf", "oneOf", "allOf"}) {
      if (!schema.path(choice).isEmpty() && depth < DEEPEST) {
        return of(schema.path(choice).path(0), name, depth + 1);
      }
    }
    JsonNode types = schema.path("type");
    String type = (types.isArray() ? types.path(0) : types).asString("object");
    return switch (type.toLowerCase(Locale.ROOT)) {
      case "string" -> make.stringNode(name.equals("title") ? "Scripted title" : "scripted");
      case "boolean" -> make.booleanNode(false);
      case "number", "integer" -> make.numberNode(1);
      case "array" -> make.arrayNode();
      case "null" -> make.nullNode();
      default -> {
        ObjectNode object = make.objectNode();
        if (depth < DEEPEST) {
          for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            object.set(property.getKey(), of(property.getValue(), property.getKey(), depth + 1));
          }
        }
        yield object;
      }
    };
  }
}
