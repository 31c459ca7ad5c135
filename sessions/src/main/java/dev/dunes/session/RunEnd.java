package dev.dunes.session;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** How a run ended, for its record. */
record RunEnd(
    boolean completed,
    String outcome,
    Optional<String> error,
    OptionalDouble costUsd,
    OptionalInt turns) {
  static RunEnd failed(String outcome, String error) {
    return new RunEnd(
        false, outcome, Optional.of(error), OptionalDouble.empty(), OptionalInt.empty());
  }

  RunEnd withCost(double usd) {
    return costUsd.isPresent() || usd == 0
        ? this
        : new RunEnd(completed, outcome, error, OptionalDouble.of(usd), turns);
  }
}
