package dev.dunes.session;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Takes known keys out of a mapping, checked; what stays is unknown. */
final class LimitsReader {
  private final Map<String, JsonNode> left;

  LimitsReader(Map<String, JsonNode> left) {
    this.left = left;
  }

  OptionalInt integer(String key, int least, int most) {
    Optional<JsonNode> value = take(key);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    JsonNode node = value.get();
    if (!node.canConvertToInt() || !node.isIntegralNumber()) {
      throw wrong(key, node, "a whole number");
    }
    if (node.intValue() < least || node.intValue() > most) {
      throw wrong(key, node, "from %d to %d".formatted(least, most));
    }
    return OptionalInt.of(node.intValue());
  }

  OptionalDouble decimal(String key) {
    Optional<JsonNode> value = take(key);
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    try {
      double number = Double.parseDouble(value.get().asString().strip());
      if (number >= 0.01 && number <= 1024) {
        return OptionalDouble.of(number);
      }
    } catch (NumberFormatException e) {
      throw wrong(key, value.get(), "a number of cores such as \"2\" or \"0.5\"");
    }
    throw wrong(key, value.get(), "from 0.01 to 1024");
  }

  OptionalLong size(String key, Pattern pattern) {
    Optional<JsonNode> value = take(key);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    Matcher size = pattern.matcher(value.get().asString().strip());
    if (!size.matches() || Limits.bytes(size) < 6 << 20) {
      throw wrong(key, value.get(), "a size of at least 6m, such as \"512m\" or \"4gb\"");
    }
    return OptionalLong.of(Limits.bytes(size));
  }

  Optional<String> text(String key) {
    return take(key)
        .map(node -> {
          if (!node.isString() || node.asString().isBlank()) {
            throw wrong(key, node, "a text");
          }
          return node.asString();
        });
  }

  boolean flag(String key, boolean fallback) {
    return take(key)
        .map(node -> {
          if (!node.isBoolean()) {
            throw wrong(key, node, "true or false");
          }
          return node.booleanValue();
        })
        .orElse(fallback);
  }

  private Optional<JsonNode> take(String key) {
    return Optional.ofNullable(left.remove(key)).filter(node -> !node.isNull());
  }

  private static IllegalArgumentException wrong(String key, JsonNode value, String expected) {
    return new IllegalArgumentException("%s: %s is not %s".formatted(key, value, expected));
  }
}
