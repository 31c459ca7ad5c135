package dev.dunes.server.v1;

import dev.dunes.server.http.HttpFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of an object in a body. One that is {@code null} counts as missing, others than those
 * that are asked for do not matter; a wrong type is answered with 422. Agent API, sheet 2.1.
 *
 * @param object whose they are
 */
public record Fields(ObjectNode object) {
  /** 422: a field is missing or of a wrong type. */
  public static HttpFailure wrong(String why) {
    return Problem.invalid(why).as(422, "Unprocessable Entity").failure();
  }

  private static HttpFailure missing(String name) {
    return wrong("missing field `" + name + "`");
  }

  private static HttpFailure type(String name, String expected) {
    return wrong("field `" + name + "` must be " + expected);
  }

  /** Any value. */
  public Optional<JsonNode> value(String name) {
    return Optional.ofNullable(object.get(name)).filter(value -> !value.isNull());
  }

  public Optional<String> text(String name) {
    return value(name).map(value -> text(name, value));
  }

  public String requiredText(String name) {
    return text(name).orElseThrow(() -> missing(name));
  }

  private static String text(String name, JsonNode value) {
    if (!value.isString()) {
      throw type(name, "a string");
    }
    return value.asString();
  }

  public Optional<Boolean> flag(String name) {
    return value(name)
        .map(value -> {
          if (!value.isBoolean()) {
            throw type(name, "true or false");
          }
          return value.asBoolean();
        });
  }

  /** A whole number that is not negative. */
  public OptionalLong count(String name) {
    Optional<JsonNode> value = value(name);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!value.get().isIntegralNumber()
        || !value.get().canConvertToLong()
        || value.get().asLong() < 0) {
      throw type(name, "a whole number, 0 or more");
    }
    return OptionalLong.of(value.get().asLong());
  }

  public long requiredCount(String name) {
    return count(name).orElseThrow(() -> missing(name));
  }

  /** A number above zero. */
  public Optional<Double> positive(String name) {
    return value(name)
        .map(value -> {
          if (!value.isNumber() || !(value.asDouble() > 0) || Double.isInfinite(value.asDouble())) {
            throw type(name, "a number above 0");
          }
          return value.asDouble();
        });
  }

  public Optional<List<String>> texts(String name) {
    return value(name).map(value -> texts(name, value));
  }

  private static List<String> texts(String name, JsonNode value) {
    if (!value.isArray()) {
      throw type(name, "an array of strings");
    }
    List<String> texts = new ArrayList<>();
    value.forEach(one -> texts.add(text(name, one)));
    return List.copyOf(texts);
  }

  /** An array of arrays of strings. */
  public List<List<String>> requiredTextLists(String name) {
    JsonNode value = value(name).orElseThrow(() -> missing(name));
    if (!value.isArray()) {
      throw type(name, "an array of arrays of strings");
    }
    List<List<String>> lists = new ArrayList<>();
    value.forEach(one -> lists.add(texts(name, one)));
    return List.copyOf(lists);
  }

  /** An object whose values are strings; empty when there is none. */
  public Map<String, String> textMap(String name) {
    Map<String, String> map = new LinkedHashMap<>();
    object(name)
        .ifPresent(members ->
            members
                .object()
                .properties()
                .forEach(member ->
                    map.put(
                        member.getKey(), text(name + "." + member.getKey(), member.getValue()))));
    return map;
  }

  public Optional<Fields> object(String name) {
    return value(name)
        .map(value -> {
          if (value instanceof ObjectNode members) {
            return new Fields(members);
          }
          throw type(name, "an object");
        });
  }

  /** An array of objects; empty when there is none. */
  public List<Fields> objects(String name) {
    Optional<JsonNode> value = value(name);
    if (value.isEmpty()) {
      return List.of();
    }
    if (!value.get().isArray()) {
      throw type(name, "an array of objects");
    }
    List<Fields> all = new ArrayList<>();
    for (JsonNode one : value.get()) {
      if (!(one instanceof ObjectNode members)) {
        throw type(name, "an array of objects");
      }
      all.add(new Fields(members));
    }
    return List.copyOf(all);
  }
}
