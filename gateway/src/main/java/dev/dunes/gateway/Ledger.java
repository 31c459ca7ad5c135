package dev.dunes.gateway;

import java.util.OptionalDouble;

/** What a run has used and may still use. Safe for use by several threads; never blocks. */
final class Ledger {
  private final OptionalDouble budgetUsd;
  private ModelUsage total = ModelUsage.NONE;
  private boolean told;

  Ledger(OptionalDouble budgetUsd) {
    this.budgetUsd = budgetUsd;
  }

  /**
   * A request has used more than was known before.
   *
   * @return whether the budget is spent by this, the first time only
   */
  synchronized boolean replace(ModelUsage before, ModelUsage now) {
    total = total.minus(before).plus(now);
    if (told || !exhausted()) {
      return false;
    }
    told = true;
    return true;
  }

  synchronized ModelUsage total() {
    return total;
  }

  /** Whether nothing more may be asked. */
  synchronized boolean exhausted() {
    return budgetUsd.isPresent() && total.costUsd() >= budgetUsd.getAsDouble();
  }

  /** In US dollars; infinite without a limit. */
  double budgetUsd() {
    return budgetUsd.orElse(Double.POSITIVE_INFINITY);
  }
}
