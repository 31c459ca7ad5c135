package dev.dunes.server.hosted;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The JSON object of a request. No body is an empty one, null is absent, unknown fields are
 * ignored. Sandbox API 2.1.
 */
public final class Body {
  private static final long LARGEST = 32L << 20;

  private final JsonNode node;

  private Body(JsonNode node) {
    this.node = node;
  }

  public static Body of(Exchange exchange) throws InterruptedException {
    byte[] bytes = exchange.body(LARGEST);
    if (bytes.length == 0) {
      return new Body(Json.object());
    }
    try {
      JsonNode node = Json.MAPPER.readTree(bytes);
      if (node != null && node.isObject()) {
        return new Body(node);
      }
    } catch (JacksonException e) {
      throw Failures.invalid("invalid JSON body: " + e.getOriginalMessage());
    }
    throw Failures.invalid("the body must be a JSON object");
  }

  private Optional<JsonNode> given(String name) {
    return Optional.ofNullable(node.get(name)).filter(value -> !value.isNull());
  }

  public Optional<String> text(String name) {
    return given(name).map(value -> text(name, value));
  }

  private static String text(String name, JsonNode value) {
    if (!value.isString()) {
      throw Failures.invalid(name + " must be a string");
    }
    return value.asString();
  }

  public String required(String name) {
    return text(name).orElseThrow(() -> Failures.invalid(name + " is required"));
  }

  public boolean flag(String name, boolean fallback) {
    return flag(name).orElse(fallback);
  }

  public Optional<Boolean> flag(String name) {
    return given(name)
        .map(value -> {
          if (!value.isBoolean()) {
            throw Failures.invalid(name + " must be true or false");
          }
          return value.booleanValue();
        });
  }

  public OptionalLong whole(String name) {
    Optional<JsonNode> value = given(name);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!value.get().isIntegralNumber() || !value.get().canConvertToLong()) {
      throw Failures.invalid(name + " must be a whole number");
    }
    return OptionalLong.of(value.get().longValue());
  }

  /** A number of seconds; what is beyond all limits is as good as the largest. */
  public Optional<Duration> seconds(String name) {
    OptionalLong value = whole(name);
    return value.isEmpty()
        ? Optional.empty()
        : Optional.of(Duration.ofSeconds(Math.clamp(value.getAsLong(), -1L, Integer.MAX_VALUE)));
  }

  public Optional<List<String>> texts(String name) {
    Optional<JsonNode> value = given(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!value.get().isArray()) {
      throw Failures.invalid(name + " must be a list of strings");
    }
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < value.get().size(); i++) {
      texts.add(text("%s[%d]".formatted(name, i), value.get().get(i)));
    }
    return Optional.of(texts);
  }

  public Map<String, String> map(String name) {
    Map<String, String> map = new LinkedHashMap<>();
    given(name)
        .ifPresent(value -> {
          if (!value.isObject()) {
            throw Failures.invalid(name + " must be an object of strings");
          }
          value
              .properties()
              .forEach(each ->
                  map.put(each.getKey(), text(name + "." + each.getKey(), each.getValue())));
        });
    return map;
  }

  /** The empty object. */
  public static Body empty() {
    return new Body(Json.object());
  }

  /** The names of what is in it. */
  public List<String> names() {
    return List.copyOf(node.propertyNames());
  }

  /** Whether there is nothing in it. */
  public boolean isEmpty() {
    return node.isEmpty();
  }

  /** What is in a list; nothing when there is none. */
  public List<JsonNode> list(String name) {
    Optional<JsonNode> value = given(name);
    if (value.isEmpty()) {
      return List.of();
    }
    if (!value.get().isArray()) {
      throw Failures.invalid(name + " must be a list");
    }
    return List.copyOf(value.get().values());
  }

  /** The objects of a list; none when there is no list. */
  public List<Body> objects(String name) {
    List<Body> objects = new ArrayList<>();
    for (JsonNode each : list(name)) {
      if (!each.isObject()) {
        throw Failures.invalid(name + " must be a list of objects");
      }
      objects.add(new Body(each));
    }
    return objects;
  }

  public Optional<Body> object(String name) {
    return given(name)
        .map(value -> {
          if (!value.isObject()) {
            throw Failures.invalid(name + " must be an object");
          }
          return new Body(value);
        });
  }
}
