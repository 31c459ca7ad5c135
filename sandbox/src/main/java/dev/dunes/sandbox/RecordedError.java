package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Map;

/**
 * An error an {@link ErrorAggregator} was told of.
 *
 * @param type the simple name of its class
 * @param message its message; empty when it has none
 * @param at when it was told
 * @param context what the teller added
 */
public record RecordedError(String type, String message, Instant at, Map<String, String> context) {
  public RecordedError {
    requireNonNull(type, "type");
    requireNonNull(message, "message");
    requireNonNull(at, "at");
    context = Map.copyOf(context);
  }
}
