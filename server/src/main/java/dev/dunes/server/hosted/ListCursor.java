package dev.dunes.server.hosted;

import dev.dunes.hosting.HostedSandbox;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;

/**
 * Where the next page of a list of sandboxes begins. E2B wire 2.3.
 *
 * @param at when the last one shown was started
 * @param id of that one
 * @param ascending whether the oldest are shown first
 */
record ListCursor(Instant at, String id, boolean ascending) {
  private static final String SEPARATOR = "__";
  private static final String ASCENDING = SEPARATOR + "asc";

  static ListCursor after(HostedSandbox last, boolean ascending) {
    return new ListCursor(last.startedAt(), last.id(), ascending);
  }

  static ListCursor parse(String text, boolean ascending) {
    try {
      String plain =
          new String(Base64.getUrlDecoder().decode(text.replace("=", "")), StandardCharsets.UTF_8);
      boolean oldestFirst = plain.endsWith(ASCENDING);
      String[] parts =
          plain
              .substring(0, plain.length() - (oldestFirst ? ASCENDING.length() : 0))
              .split(SEPARATOR, -1);
      if (parts.length == 2 && oldestFirst == ascending) {
        return new ListCursor(Instant.parse(parts[0]), parts[1], ascending);
      }
    } catch (IllegalArgumentException | DateTimeException e) {
      throw Failures.invalid("Invalid next token");
    }
    throw Failures.invalid("Invalid next token");
  }

  String text() {
    String plain = at + SEPARATOR + id + (ascending ? ASCENDING : "");
    return Base64.getUrlEncoder().encodeToString(plain.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether a sandbox comes after the last one shown. */
  boolean isBefore(HostedSandbox sandbox) {
    int order = at.compareTo(sandbox.startedAt());
    int compared = order != 0 ? order : id.compareTo(sandbox.id());
    return ascending ? compared < 0 : compared > 0;
  }
}
