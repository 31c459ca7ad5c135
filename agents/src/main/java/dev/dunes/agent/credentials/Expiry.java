package dev.dunes.agent.credentials;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Whether a token is still good: its end is RFC 3339 or milliseconds since 1970. */
record Expiry(Instant now, List<String> problems) {
  /**
   * True when it has no end or one that is still to come. A token whose end cannot be read is not
   * used.
   *
   * @param file which says so
   */
  boolean isGood(JsonNode end, String file) {
    if (end.isMissingNode() || end.isNull()) {
      return true;
    }
    try {
      return now.isBefore(instant(end));
    } catch (DateTimeException | NumberFormatException e) {
      problems.add(
          "~/%s says when its token ends in words that are no time; it is not used"
              .formatted(file));
      return false;
    }
  }

  private static Instant instant(JsonNode end) {
    if (end.isNumber()) {
      return Instant.ofEpochMilli((long) end.asDouble());
    }
    String text = end.asString("").strip();
    return text.matches("-?\\d{1,18}")
        ? Instant.ofEpochMilli(Long.parseLong(text))
        : OffsetDateTime.parse(text).toInstant();
  }
}
