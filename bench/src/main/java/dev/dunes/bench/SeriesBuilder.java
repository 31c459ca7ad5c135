package dev.dunes.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Gathers samples; keeps measures in the order they first came. Not safe for use by several
 * threads.
 */
final class SeriesBuilder {
  private record Key(String measure, String engine) {}

  private final String baseline;
  private final Map<Key, List<Double>> samples = new LinkedHashMap<>();
  private final Map<String, Unit> units = new LinkedHashMap<>();

  /**
   * @param baseline the engine that ratios refer to
   */
  SeriesBuilder(String baseline) {
    this.baseline = baseline;
  }

  void add(String measure, String engine, Unit unit, double value) {
    units.putIfAbsent(measure, unit);
    samples.computeIfAbsent(new Key(measure, engine), key -> new ArrayList<>()).add(value);
  }

  /** Adds the time since then. */
  void addSince(String measure, String engine, long startNanos) {
    add(measure, engine, Unit.MILLISECONDS, (System.nanoTime() - startNanos) / 1e6);
  }

  List<Series> build() {
    List<String> measures = List.copyOf(units.keySet());
    return samples.entrySet().stream()
        .map(each -> series(each.getKey(), each.getValue()))
        .sorted(
            Comparator.comparing((Series series) -> measures.indexOf(series.measure()))
                .thenComparing(series -> !series.engine().equals(DunesEngine.NAME))
                .thenComparing(series -> !series.engine().equals(baseline))
                .thenComparing(Series::engine))
        .toList();
  }

  private Series series(Key key, List<Double> values) {
    return new Series(
        key.measure(),
        key.engine(),
        baseline,
        Objects.requireNonNull(units.get(key.measure()), key.measure()),
        values);
  }
}
