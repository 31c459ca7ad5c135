package dev.dunes.session;

/**
 * Why a run is ended before its agent is done.
 *
 * @param code of its last event
 * @param outcome for its record
 * @param message of its last event
 */
record StopReason(FailureCode code, String outcome, String message) {
  static final StopReason CANCELLED =
      new StopReason(FailureCode.CANCELLED, "cancelled", "cancelled by user");
  static final StopReason DISCONNECTED =
      new StopReason(FailureCode.CANCELLED, "disconnected", "client disconnected");
  static final StopReason SHUTDOWN =
      new StopReason(FailureCode.SHUTDOWN, "error", "The server was shut down");

  static final StopReason INTERNAL =
      new StopReason(FailureCode.INTERNAL, "error", "Internal error, see the log of the server");

  static StopReason timedOut(long seconds) {
    return new StopReason(FailureCode.TIMEOUT, "timeout", "Run timed out after " + seconds + " s");
  }

  static StopReason noProgress(long seconds) {
    return new StopReason(
        FailureCode.TIMEOUT,
        "timeout",
        "No progress for %d s: neither the agent nor its model said anything".formatted(seconds));
  }

  static StopReason keyRejected(String provider, int status, String message) {
    return new StopReason(
        FailureCode.AUTH,
        "error",
        "The key was refused by %s (%d): %s".formatted(provider, status, message));
  }
}
