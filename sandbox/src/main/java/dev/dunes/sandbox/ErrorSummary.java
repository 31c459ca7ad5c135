package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an {@link ErrorAggregator} remembers.
 *
 * @param total errors within its window
 * @param types of these, how many of each type
 * @param recent the last 10, oldest first
 * @param mostCommon the type there are most of
 */
public record ErrorSummary(
    int total,
    Map<String, Integer> types,
    List<RecordedError> recent,
    Optional<String> mostCommon) {
  public ErrorSummary {
    types = Map.copyOf(types);
    recent = List.copyOf(recent);
    requireNonNull(mostCommon, "mostCommon");
  }
}
