package dev.dunes.server.e2b.envd;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.server.http.Exchange;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Under which conditions a client wants a file. RFC 9110 13. */
final class FileConditions {
  private static final List<String> HEADERS =
      List.of(
          "range",
          "if-range",
          "if-match",
          "if-none-match",
          "if-modified-since",
          "if-unmodified-since");
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final Exchange exchange;
  private final String etag;
  private final Instant modified;

  FileConditions(Exchange exchange, FileEntry entry) {
    this.exchange = exchange;
    this.modified = entry.modifiedAt().truncatedTo(ChronoUnit.SECONDS);
    this.etag =
        "\"%x-%x-%x\""
            .formatted(
                entry.modifiedAt().getEpochSecond(), entry.modifiedAt().getNano(), entry.size());
  }

  String etag() {
    return etag;
  }

  String lastModified() {
    return DATE.format(modified);
  }

  /** Whether there are any, or a range. */
  boolean any() {
    return HEADERS.stream().anyMatch(name -> exchange.header(name).isPresent());
  }

  /** The status when the file is not to be sent: 304 or 412. */
  Optional<Integer> refusal() {
    Optional<String> match = exchange.header("if-match");
    if (match.isPresent()
        ? !named(match.get(), false)
        : date("if-unmodified-since").filter(modified::isAfter).isPresent()) {
      return Optional.of(412);
    }
    Optional<String> none = exchange.header("if-none-match");
    boolean known =
        none.isPresent()
            ? named(none.get(), true)
            : date("if-modified-since").filter(since -> !modified.isAfter(since)).isPresent();
    return known ? Optional.of(304) : Optional.empty();
  }

  private boolean named(String tags, boolean weak) {
    return tags.strip().equals("*")
        || Arrays.stream(tags.split(","))
            .map(String::strip)
            .anyMatch(tag -> tag.equals(etag) || weak && tag.equals("W/" + etag));
  }

  private Optional<Instant> date(String header) {
    return exchange.header(header).flatMap(FileConditions::parsed);
  }

  /** What is no date is no condition, as HTTP has it. */
  private static Optional<Instant> parsed(String text) {
    try {
      return Optional.of(
          ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** The range that is asked for, if the file is still the one that is meant. */
  Optional<String> range() {
    Optional<String> asked = exchange.header("range");
    Optional<String> meant = exchange.header("if-range");
    if (asked.isEmpty() || meant.isEmpty() || meant.get().strip().equals(etag)) {
      return asked;
    }
    return parsed(meant.get()).filter(modified::equals).isPresent() ? asked : Optional.empty();
  }
}
