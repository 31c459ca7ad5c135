package dev.dunes.session;

import static java.util.Objects.requireNonNull;

/**
 * A place where words were found.
 *
 * @param sequence of the event
 * @param excerpt the text around them, one line
 */
public record SearchHit(String sessionId, long sequence, String excerpt) {
  public SearchHit {
    requireNonNull(sessionId, "sessionId");
    requireNonNull(excerpt, "excerpt");
  }
}
