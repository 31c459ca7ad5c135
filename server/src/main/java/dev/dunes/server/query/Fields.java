package dev.dunes.server.query;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Reads the fields of a body with the lax rules its clients know: numbers may be texts, and so on.
 * A field that is null is absent. Each problem is noted. Query API 2.2.
 */
final class Fields {
  private static final Pattern INTEGER = Pattern.compile("([+-]?\\d+(?:_\\d+)*)(?:\\.0+)?");

  /** A float with more digits before its point is beyond 64 bits. */
  private static final int LONGEST_FLOAT = 18;

  private static final Set<String> YES = Set.of("1", "true", "yes", "on", "t", "y");
  private static final Set<String> NO = Set.of("0", "false", "no", "off", "f", "n");
  private static final String NO_BOOLEAN = "Input should be a valid boolean";
  private static final String NO_NUMBER = "Input should be a valid number";
  private static final String NO_INTEGER = "Input should be a valid integer";

  private final JsonNode body;
  private final Problems problems;

  Fields(JsonNode body, Problems problems) {
    this.body = body;
    this.problems = problems;
  }

  /** A text that must be there and has so many characters. */
  String required(String name, int most) {
    JsonNode value = body.get(name);
    if (value == null) {
      problems.add("missing", "Field required", name);
      return "";
    }
    if (!value.isString()) {
      problems.add("string_type", "Input should be a valid string", name);
      return "";
    }
    length(value.asString(), most, name);
    return value.asString();
  }

  Optional<String> text(String name) {
    return given(name).flatMap(value -> string(value, name));
  }

  /** A text of at least one character. */
  Optional<String> filled(String name, int most) {
    Optional<String> text = text(name);
    text.ifPresent(t -> length(t, most, name));
    return text;
  }

  private void length(String text, int most, String name) {
    int length = text.codePointCount(0, text.length());
    if (length < 1) {
      problems.bound(
          "string_too_short", "String should have at least 1 character", "min_length", 1, name);
    } else if (length > most) {
      problems.bound(
          "string_too_long",
          "String should have at most %d characters".formatted(most),
          "max_length",
          most,
          name);
    }
  }

  /** A whole number; also {@code 60.0}, {@code " 60 "} and {@code true}. */
  OptionalInt integer(String name, int least, int most) {
    Optional<BigInteger> read = given(name).flatMap(value -> wholeNumber(value, name));
    if (read.isEmpty()) {
      return OptionalInt.empty();
    }
    BigInteger number = read.get();
    if (number.compareTo(BigInteger.valueOf(least)) < 0) {
      problems.bound(
          "greater_than_equal",
          "Input should be greater than or equal to " + least,
          "ge",
          least,
          name);
    } else if (most < Integer.MAX_VALUE && number.compareTo(BigInteger.valueOf(most)) > 0) {
      problems.bound(
          "less_than_equal", "Input should be less than or equal to " + most, "le", most, name);
    }
    return OptionalInt.of(
        number
            .min(BigInteger.valueOf(Integer.MAX_VALUE))
            .max(BigInteger.valueOf(Integer.MIN_VALUE))
            .intValue());
  }

  private Optional<BigInteger> wholeNumber(JsonNode value, String name) {
    if (value.isBoolean()) {
      return Optional.of(value.booleanValue() ? BigInteger.ONE : BigInteger.ZERO);
    }
    if (value.isIntegralNumber()) {
      return Optional.of(value.bigIntegerValue());
    }
    if (value.isNumber()) {
      BigDecimal number = value.decimalValue();
      if (number.stripTrailingZeros().scale() > 0) {
        problems.add("int_from_float", NO_INTEGER + ", got a number with a fractional part", name);
        return Optional.empty();
      }
      if (number.precision() - number.scale() > LONGEST_FLOAT) {
        problems.add(
            "int_parsing_size",
            "Unable to parse input string as an integer, exceeded maximum size",
            name);
        return Optional.empty();
      }
      return Optional.of(number.toBigInteger());
    }
    if (value.isString()) {
      Matcher digits = INTEGER.matcher(value.asString().strip());
      if (digits.matches() && digits.group(1).length() < 100) {
        return Optional.of(new BigInteger(digits.group(1).replace("_", "")));
      }
      problems.add("int_parsing", NO_INTEGER + ", unable to parse string as an integer", name);
      return Optional.empty();
    }
    problems.add("int_type", NO_INTEGER, name);
    return Optional.empty();
  }

  /** A number of at least 0. */
  OptionalDouble number(String name) {
    Optional<Double> read = given(name).flatMap(value -> decimal(value, name));
    if (read.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (!(read.get() >= 0)) {
      problems.floatBound(
          "greater_than_equal", "Input should be greater than or equal to 0", "ge", 0, name);
    }
    return OptionalDouble.of(read.get());
  }

  private Optional<Double> decimal(JsonNode value, String name) {
    if (value.isBoolean()) {
      return Optional.of(value.booleanValue() ? 1.0 : 0.0);
    }
    if (value.isNumber()) {
      return Optional.of(value.doubleValue());
    }
    if (!value.isString()) {
      problems.add("float_type", NO_NUMBER, name);
      return Optional.empty();
    }
    try {
      return Optional.of(new BigDecimal(value.asString().strip()).doubleValue());
    } catch (NumberFormatException e) {
      problems.add("float_parsing", NO_NUMBER + ", unable to parse string as a number", name);
      return Optional.empty();
    }
  }

  /** A truth value; also 0, 1 and the usual words. */
  Optional<Boolean> flag(String name) {
    Optional<JsonNode> given = given(name);
    if (given.isEmpty()) {
      return Optional.empty();
    }
    JsonNode value = given.get();
    if (value.isBoolean()) {
      return Optional.of(value.booleanValue());
    }
    if (value.isString()
        || value.isNumber() && value.doubleValue() == Math.rint(value.doubleValue())) {
      String word =
          value.isString()
              ? value.asString().toLowerCase(Locale.ROOT)
              : value.doubleValue() == 1 ? "1" : value.doubleValue() == 0 ? "0" : "";
      if (YES.contains(word) || NO.contains(word)) {
        return Optional.of(YES.contains(word));
      }
      problems.add("bool_parsing", NO_BOOLEAN + ", unable to interpret input", name);
    } else {
      problems.add("bool_type", NO_BOOLEAN, name);
    }
    return Optional.empty();
  }

  Optional<JsonNode> object(String name) {
    return given(name).flatMap(value -> dictionary(value, name));
  }

  /** A list of texts. */
  Optional<List<String>> texts(String name) {
    Optional<JsonNode> given = given(name);
    if (given.isEmpty()) {
      return Optional.empty();
    }
    if (!given.get().isArray()) {
      problems.add("list_type", "Input should be a valid list", name);
      return Optional.empty();
    }
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < given.get().size(); i++) {
      string(given.get().get(i), name, i).ifPresent(texts::add);
    }
    return Optional.of(texts);
  }

  /** Names with something each. */
  Map<String, JsonNode> members(String name) {
    Map<String, JsonNode> members = new LinkedHashMap<>();
    object(name)
        .ifPresent(all ->
            all.properties().forEach(member -> members.put(member.getKey(), member.getValue())));
    return members;
  }

  Optional<String> string(JsonNode value, Object... where) {
    if (value.isString()) {
      return Optional.of(value.asString());
    }
    problems.add("string_type", "Input should be a valid string", where);
    return Optional.empty();
  }

  Optional<JsonNode> dictionary(JsonNode value, Object... where) {
    if (value.isObject()) {
      return Optional.of(value);
    }
    problems.add("dict_type", "Input should be a valid dictionary", where);
    return Optional.empty();
  }

  private Optional<JsonNode> given(String name) {
    return Optional.ofNullable(body.get(name)).filter(value -> !value.isNull());
  }
}
