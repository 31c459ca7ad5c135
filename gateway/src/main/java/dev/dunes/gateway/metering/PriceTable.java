package dev.dunes.gateway.metering;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What models cost. The first row whose pattern fits a model's name counts; {@code *} in a pattern
 * stands for any characters. Names are compared without the vendors' wrappings: {@code
 * anthropic/claude-sonnet-4.5}, {@code us.anthropic.claude-sonnet-4-5-20250929-v1:0} and {@code
 * claude-sonnet-4-5@20250929} are one model.
 */
public final class PriceTable {
  private static final String BUILT_IN = "prices.json";
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int MAX_KEPT = 1000;
  private static final Pattern WRAPPING =
      Pattern.compile("^(?:.*/)?(?:(?:[a-z-]+\\.)?anthropic\\.)?");

  private record Row(Pattern model, Price price, OptionalLong above, Price priceAbove) {
    Price of(TokenCounts tokens) {
      return above.isPresent() && tokens.allInput() > above.getAsLong() ? priceAbove : price;
    }
  }

  private final List<Row> rows;
  private final Price unknown;
  private final Map<String, Optional<Row>> byName = new ConcurrentHashMap<>();

  private PriceTable(List<Row> rows, Price unknown) {
    this.rows = List.copyOf(rows);
    this.unknown = unknown;
  }

  /** The one that comes with the gateway. */
  public static PriceTable builtIn() {
    try (InputStream file = PriceTable.class.getResourceAsStream(BUILT_IN)) {
      if (file == null) {
        throw new IllegalStateException(BUILT_IN + " is not beside its class");
      }
      return parse(BUILT_IN, file.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * One of the user's.
   *
   * @throws IllegalArgumentException when it cannot be read, naming what is wrong
   */
  public static PriceTable read(Path file) {
    try {
      return parse(file.toString(), Files.readAllBytes(file));
    } catch (IOException e) {
      throw new IllegalArgumentException("the price table cannot be read: " + e, e);
    }
  }

  private static PriceTable parse(String name, byte[] file) {
    try {
      JsonNode root = JSON.readTree(file);
      List<Row> rows = new ArrayList<>();
      for (JsonNode each : root.path("prices")) {
        rows.add(row(name, each));
      }
      if (rows.isEmpty()) {
        throw new IllegalArgumentException(name + ": no list of prices");
      }
      return new PriceTable(rows, price(name + ", unknown", root.path("unknown")));
    } catch (JacksonException e) {
      throw new IllegalArgumentException(name + " is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static Row row(String name, JsonNode json) {
    String model = json.path("model").asString("");
    if (model.isEmpty()) {
      throw new IllegalArgumentException(name + ": a price without a model");
    }
    String where = name + ", " + model;
    Price price = price(where, json);
    JsonNode above = json.path("above");
    return new Row(
        glob(model),
        price,
        above.isMissingNode()
            ? OptionalLong.empty()
            : OptionalLong.of((long) number(where, above, "inputTokens")),
        above.isMissingNode() ? price : price(where + ", above", above));
  }

  private static Price price(String where, JsonNode json) {
    return new Price(
        number(where, json, "input"),
        number(where, json, "output"),
        number(where, json, "cacheRead"),
        number(where, json, "cacheWrite"),
        number(where, json, "cacheWriteHour"));
  }

  private static double number(String where, JsonNode json, String field) {
    JsonNode value = json.path(field);
    if (!value.isNumber() || value.asDouble() < 0) {
      throw new IllegalArgumentException(where + ": " + field + " is not a number of at least 0");
    }
    return value.asDouble();
  }

  private static Pattern glob(String pattern) {
    return Pattern.compile(
        Arrays.stream(plain(pattern).split("\\*", -1))
            .map(part -> part.isEmpty() ? "" : Pattern.quote(part))
            .collect(Collectors.joining(".*")));
  }

  private static String plain(String model) {
    String lower = model.toLowerCase(Locale.ROOT);
    return WRAPPING.matcher(lower).replaceFirst("").replace('@', '-').replace('.', '-');
  }

  /** Whether there is a row for it. */
  public boolean knows(String model) {
    return row(model).isPresent();
  }

  /** In US dollars; a model without a row costs what the table says of unknown ones. */
  public double costUsd(String model, TokenCounts tokens) {
    return row(model).map(row -> row.of(tokens)).orElse(unknown).usd(tokens);
  }

  /** Looked up for every answer: the names of a process are few, and kept. */
  private Optional<Row> row(String model) {
    Optional<Row> known = byName.get(model);
    if (known != null) {
      return known;
    }
    String name = plain(model);
    Optional<Row> found =
        rows.stream().filter(row -> row.model().matcher(name).matches()).findFirst();
    if (byName.size() < MAX_KEPT) {
      byName.put(model, found);
    }
    return found;
  }
}
