package dev.dunes.cli;

import dev.dunes.session.SessionException;

/** What went wrong with a session, for a person. */
final class SessionFailures {
  private SessionFailures() {}

  static Failure of(SessionException e) {
    if (Thread.currentThread().isInterrupted()) {
      return new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "");
    }
    return new Failure(ExitCodes.ERROR, e.detail(), e.remedy().orElse(""));
  }
}
