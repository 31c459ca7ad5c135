package dev.dunes.bench;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The samples of one engine for one measure.
 *
 * @param measure what was measured, the same words for every engine
 * @param engine its name
 * @param baseline the engine that ratios of this measure refer to
 * @param samples in the order they were taken; at least one
 */
record Series(String measure, String engine, String baseline, Unit unit, List<Double> samples) {
  /** Fewer samples than this say nothing about their rarest. */
  private static final int ENOUGH_FOR_P95 = 20;

  private static final int ENOUGH_FOR_P99 = 100;

  Series {
    samples = List.copyOf(samples);
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("no samples of " + measure + ", " + engine);
    }
  }

  double p50() {
    return percentile(50);
  }

  OptionalDouble p95() {
    return samples.size() < ENOUGH_FOR_P95 ? OptionalDouble.empty() : OptionalDouble.of(tail(95));
  }

  OptionalDouble p99() {
    return samples.size() < ENOUGH_FOR_P99 ? OptionalDouble.empty() : OptionalDouble.of(tail(99));
  }

  /** The bad end: of times the long ones, of rates the low ones. */
  private double tail(int percent) {
    return percentile(unit.moreIsBetter() ? 100 - percent : percent);
  }

  /** By nearest rank. */
  private double percentile(int percent) {
    double[] sorted = samples.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int rank = (int) Math.ceil(percent / 100.0 * sorted.length);
    return sorted[Math.clamp(rank - 1, 0, sorted.length - 1)];
  }

  double mean() {
    return Arrays.stream(samples.stream().mapToDouble(Double::doubleValue).toArray())
        .average()
        .orElseThrow();
  }
}
