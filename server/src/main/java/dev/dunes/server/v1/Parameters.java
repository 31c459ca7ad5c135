package dev.dunes.server.v1;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Parameters of queries; a wrong one is answered with 400. Agent API, sheet 2.1. */
public final class Parameters {
  private static final BigInteger LARGEST = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  private Parameters() {}

  private static HttpFailure wrong(String name, String expected) {
    return Problem.invalid("query parameter '" + name + "' must be " + expected).failure();
  }

  /** A number of 64 bits without sign; one that is too large for us is the largest we know. */
  public static OptionalLong count(Exchange exchange, String name) {
    Optional<String> text = exchange.query(name);
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!text.get().matches("[0-9]{1,20}")) {
      throw wrong(name, "a whole number, 0 or more");
    }
    BigInteger number = new BigInteger(text.get());
    if (number.compareTo(LARGEST) > 0) {
      throw wrong(name, "a number of at most 64 bits");
    }
    return OptionalLong.of(number.min(BigInteger.valueOf(Long.MAX_VALUE)).longValue());
  }

  /** {@code true} or {@code false} under one of these names; false when there is none. */
  public static boolean flag(Exchange exchange, String... names) {
    for (String name : names) {
      Optional<String> text = exchange.query(name);
      if (text.isPresent()) {
        return switch (text.get()) {
          case "true" -> true;
          case "false" -> false;
          default -> throw wrong(name, "true or false");
        };
      }
    }
    return false;
  }

  /** A text that must be there and not be empty. */
  public static String required(Exchange exchange, String name) {
    return exchange
        .query(name)
        .filter(text -> !text.isEmpty())
        .orElseThrow(
            () -> Problem.invalid("missing required '" + name + "' query parameter").failure());
  }

  /** One of these words, if there is one. */
  public static Optional<String> word(Exchange exchange, String name, List<String> words) {
    Optional<String> text = exchange.query(name);
    if (text.isPresent() && !words.contains(text.get())) {
      throw wrong(name, "one of " + String.join(", ", words));
    }
    return text;
  }

  /**
   * The header {@code Last-Event-ID}; 0 when there is none.
   *
   * @throws HttpFailure 400 when it is no number
   */
  public static long lastEventId(Exchange exchange) {
    Optional<String> text = exchange.header("last-event-id").map(String::strip);
    if (text.isEmpty()) {
      return 0;
    }
    if (!text.get().matches("[0-9]{1,18}")) {
      throw Problem.invalid("Last-Event-ID must be a positive integer").failure();
    }
    return Long.parseLong(text.get());
  }
}
