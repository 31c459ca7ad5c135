package dev.dunes.session;

/** What became of the wish to end a run. */
public sealed interface CancelOutcome {
  /** It ends. */
  record Cancelling() implements CancelOutcome {}

  /** It had ended. */
  record NotRunning(RunStatus status) implements CancelOutcome {}

  /** There is no such run. */
  record Unknown() implements CancelOutcome {}
}
