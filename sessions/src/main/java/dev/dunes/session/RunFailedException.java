package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** A run that has begun cannot go on; becomes its last event. */
final class RunFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final FailureCode code;
  private final String outcome;

  RunFailedException(FailureCode code, String message) {
    this(code, code == FailureCode.CRASHED ? "crashed" : "error", message, null);
  }

  RunFailedException(FailureCode code, String outcome, String message, @Nullable Throwable cause) {
    super(requireNonNull(message, "message"), cause);
    this.code = code;
    this.outcome = outcome;
  }

  FailureCode code() {
    return code;
  }

  String outcome() {
    return outcome;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
