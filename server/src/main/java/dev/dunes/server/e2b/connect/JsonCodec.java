package dev.dunes.server.e2b.connect;

import dev.dunes.server.http.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Messages as JSON, by the rules of proto3: names in camel case, but others are understood; 64-bit
 * numbers as text; bytes as base64; zeros are left out, unknown fields too. E2B wire 2.7.
 */
final class JsonCodec {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private JsonCodec() {}

  static byte[] write(Message message) {
    return Json.bytes(node(message));
  }

  private static ObjectNode node(Message message) {
    ObjectNode node = Json.object();
    for (Field field : message.schema().fields()) {
      Object value = message.value(field);
      if (value instanceof List<?> list) {
        if (!list.isEmpty()) {
          ArrayNode array = node.putArray(field.name());
          list.forEach(each -> array.add(node(field, each)));
        }
      } else if (value != null && (field.explicit() || !Zeros.isZero(value))) {
        node.set(field.name(), node(field, value));
      }
    }
    return node;
  }

  private static JsonNode node(Field field, Object value) {
    return switch (field.type()) {
      case STRING -> NODES.stringNode((String) value);
      case BYTES -> NODES.stringNode(Base64.getEncoder().encodeToString((byte[]) value));
      case BOOL -> NODES.booleanNode((Boolean) value);
      case UINT32, SINT32 -> NODES.numberNode((Long) value);
      case INT64 -> NODES.stringNode(value.toString());
      case ENUM ->
          field
              .enumType()
              .orElseThrow()
              .name((Long) value)
              .<JsonNode>map(NODES::stringNode)
              .orElseGet(() -> NODES.numberNode((Long) value));
      case MESSAGE -> node((Message) value);
      case TIMESTAMP -> NODES.stringNode(value.toString());
      case MAP -> {
        ObjectNode map = Json.object();
        ((Map<?, ?>) value).forEach((key, mapped) -> map.put((String) key, (String) mapped));
        yield map;
      }
    };
  }

  static Message read(Schema schema, byte[] data) throws MalformedMessageException {
    JsonNode node;
    try {
      node = Json.MAPPER.readTree(data);
    } catch (JacksonException e) {
      throw new MalformedMessageException("it is no JSON: " + e.getOriginalMessage());
    }
    return message(schema, node, schema.name());
  }

  private static Message message(Schema schema, JsonNode node, String where)
      throws MalformedMessageException {
    if (!node.isObject()) {
      throw new MalformedMessageException(where + " must be an object");
    }
    Message message = new Message(schema);
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      Field field = schema.byName(entry.getKey()).orElse(null);
      if (field == null || entry.getValue().isNull()) {
        continue;
      }
      String name = where + "." + field.name();
      if (message.hasRival(field)) {
        throw new MalformedMessageException(
            "%s cannot be set together with the other choice of %s".formatted(name, field.oneof()));
      }
      message.set(
          field,
          field.repeated()
              ? list(field, entry.getValue(), name)
              : value(field, entry.getValue(), name));
    }
    return message;
  }

  private static List<Object> list(Field field, JsonNode node, String where)
      throws MalformedMessageException {
    if (!node.isArray()) {
      throw new MalformedMessageException(where + " must be a list");
    }
    if (node.size() > Message.MOST_ENTRIES) {
      throw Message.tooMany(where);
    }
    List<Object> list = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      list.add(value(field, node.get(i), "%s[%d]".formatted(where, i)));
    }
    return list;
  }

  private static Object value(Field field, JsonNode node, String where)
      throws MalformedMessageException {
    return switch (field.type()) {
      case STRING -> text(node, where);
      case BYTES -> bytes(text(node, where), where);
      case BOOL -> {
        if (!node.isBoolean()) {
          throw new MalformedMessageException(where + " must be true or false");
        }
        yield node.booleanValue();
      }
      case UINT32 -> Numbers.read(node, 0, 0xFFFF_FFFFL, where);
      case SINT32 -> Numbers.read(node, Integer.MIN_VALUE, Integer.MAX_VALUE, where);
      case INT64 -> Numbers.read(node, Long.MIN_VALUE, Long.MAX_VALUE, where);
      case ENUM -> enumeration(field.enumType().orElseThrow(), node, where);
      case MESSAGE -> message(field.message().orElseThrow(), node, where);
      case TIMESTAMP -> time(text(node, where), where);
      case MAP -> map(node, where);
    };
  }

  private static String text(JsonNode node, String where) throws MalformedMessageException {
    if (!node.isString()) {
      throw new MalformedMessageException(where + " must be a string");
    }
    return node.asString();
  }

  private static byte[] bytes(String text, String where) throws MalformedMessageException {
    try {
      // Both alphabets are allowed.
      return Base64.getDecoder().decode(text.replace('-', '+').replace('_', '/'));
    } catch (IllegalArgumentException e) {
      throw new MalformedMessageException(where + " is no base64");
    }
  }

  private static Long enumeration(EnumType type, JsonNode node, String where)
      throws MalformedMessageException {
    if (node.isString() && type.number(node.asString()).isPresent()) {
      return type.number(node.asString()).getAsLong();
    }
    if (node.isNumber()) {
      return Numbers.read(node, Integer.MIN_VALUE, Integer.MAX_VALUE, where);
    }
    throw new MalformedMessageException(
        "%s must be one of %s".formatted(where, String.join(", ", type.numbers().keySet())));
  }

  private static Instant time(String text, String where) throws MalformedMessageException {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new MalformedMessageException(where + " must be a time like 2026-01-01T00:00:00Z");
    }
  }

  private static Map<String, String> map(JsonNode node, String where)
      throws MalformedMessageException {
    if (!node.isObject()) {
      throw new MalformedMessageException(where + " must be an object of strings");
    }
    if (node.size() > Message.MOST_ENTRIES) {
      throw Message.tooMany(where);
    }
    Map<String, String> map = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      map.put(entry.getKey(), text(entry.getValue(), where + "." + entry.getKey()));
    }
    return map;
  }
}
