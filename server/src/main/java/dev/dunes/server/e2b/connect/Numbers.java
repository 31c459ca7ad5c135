package dev.dunes.server.e2b.connect;

import java.math.BigDecimal;
import tools.jackson.databind.JsonNode;

/** Whole numbers in JSON: as a number, also with an exponent, or as text. */
final class Numbers {
  /** The longest number that can be in range; a longer one would cost time. */
  private static final int LONGEST = 64;

  private static final int LARGEST_EXPONENT = 20;

  private Numbers() {}

  static Long read(JsonNode node, long least, long most, String where)
      throws MalformedMessageException {
    MalformedMessageException wrong =
        new MalformedMessageException(
            "%s must be a whole number from %d to %d".formatted(where, least, most));
    if (!node.isNumber() && !node.isString()) {
      throw wrong;
    }
    String text = node.asString();
    if (text.length() > LONGEST) {
      throw wrong;
    }
    try {
      BigDecimal number = new BigDecimal(text);
      if ((long) number.precision() - number.scale() > LARGEST_EXPONENT) {
        throw wrong;
      }
      long value = number.longValueExact();
      if (value < least || value > most) {
        throw wrong;
      }
      return value;
    } catch (ArithmeticException | NumberFormatException e) {
      throw wrong;
    }
  }
}
