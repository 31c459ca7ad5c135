package dev.dunes.provider.cloud;

import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** How long a vendor asks to wait: seconds or a date. RFC 9110, 10.2.3. */
final class RetryAfter {
  private static final String NAME = "retry-after";
  private static final long MOST_SECONDS = Duration.ofDays(1).toSeconds();

  private RetryAfter() {}

  /** Also from headers such as Daytona's {@code Retry-After-<throttler>}. */
  static Optional<Duration> of(HttpHeaders headers) {
    return headers.map().entrySet().stream()
        .filter(header -> isOne(header.getKey().toLowerCase(Locale.ROOT)))
        .map(Map.Entry::getValue)
        .flatMap(values -> values.stream().limit(1))
        .map(RetryAfter::parse)
        .flatMap(Optional::stream)
        .max(Duration::compareTo);
  }

  private static boolean isOne(String name) {
    return name.equals(NAME) || name.startsWith(NAME + "-");
  }

  private static Optional<Duration> parse(String text) {
    try {
      return Optional.of(Duration.ofSeconds(bound(Long.parseLong(text.strip()))));
    } catch (NumberFormatException e) {
      return date(text);
    }
  }

  private static Optional<Duration> date(String text) {
    try {
      Instant when =
          ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(
          Duration.ofSeconds(bound(Duration.between(Instant.now(), when).toSeconds() + 1)));
    } catch (DateTimeException e) {
      return Optional.empty(); // what nobody can read asks for nothing
    }
  }

  private static long bound(long seconds) {
    return Math.max(0, Math.min(MOST_SECONDS, seconds));
  }
}
