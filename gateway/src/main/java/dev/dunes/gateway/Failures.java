package dev.dunes.gateway;

import java.net.UnknownHostException;

/** What went wrong with a connection, in one line for people. */
final class Failures {
  private Failures() {}

  static String reason(Throwable failure) {
    String message = failure.getMessage();
    String reason =
        failure instanceof UnknownHostException
            ? "its name has no address"
            : message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
    return reason.lines().findFirst().orElse("");
  }
}
