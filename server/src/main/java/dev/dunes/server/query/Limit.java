package dev.dunes.server.query;

import dev.dunes.server.http.Exchange;
import java.util.Optional;

/** The parameter {@code limit}: 1 to 1,000, default 50. Query API 2.1. */
final class Limit {
  private static final int DEFAULT = 50;
  private static final int MOST = 1000;

  private Limit() {}

  static int of(Exchange exchange) {
    Optional<String> text = exchange.query("limit");
    if (text.isEmpty()) {
      return DEFAULT;
    }
    String digits = text.get().strip();
    if (!digits.matches("[+-]?\\d{1,9}")) {
      throw new Problems()
          .parameter(
              "int_parsing",
              "Input should be a valid integer, unable to parse string as an integer",
              "limit")
          .failure();
    }
    int limit = Integer.parseInt(digits);
    if (limit < 1) {
      throw new Problems()
          .parameterBound(
              "greater_than_equal", "Input should be greater than or equal to 1", "ge", 1, "limit")
          .failure();
    }
    if (limit > MOST) {
      throw new Problems()
          .parameterBound(
              "less_than_equal",
              "Input should be less than or equal to " + MOST,
              "le",
              MOST,
              "limit")
          .failure();
    }
    return limit;
  }
}
