package dev.dunes.scripted;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/** Something that goes wrong on purpose with requests for an answer of the model. */
public sealed interface Fault {
  /**
   * An HTTP status with an error that every client understands.
   *
   * @param retryAfter what the client is told to wait, in whole seconds
   * @param hopeless whether the client is told not to try again, {@code x-should-retry: false}
   */
  record Status(int status, Optional<Duration> retryAfter, boolean hopeless) implements Fault {
    public Status {
      requireNonNull(retryAfter, "retryAfter");
      if (status < 400 || status > 599) {
        throw new IllegalArgumentException("status must be 400 to 599, not " + status);
      }
    }
  }

  /** Nobody listens at the port any more, and open connections end. */
  record Refuse() implements Fault {}

  /** The connection is cut after so many events of the stream, 0 for before the status line. */
  record Cut(int afterEvents) implements Fault {}

  /** The stream reports an overload after so many events and ends. */
  record ErrorInStream(int afterEvents) implements Fault {}

  /** Nothing more comes after so many events, until the client leaves. */
  record Stall(int afterEvents) implements Fault {}

  /** An HTTP status. */
  static Fault status(int status) {
    return new Status(status, Optional.empty(), false);
  }

  /** An HTTP status that says when to come again. */
  static Fault status(int status, Duration retryAfter) {
    return new Status(status, Optional.of(retryAfter), false);
  }

  /** An HTTP status that says that trying again is no use, as the gateway does. */
  static Fault hopeless(int status) {
    return new Status(status, Optional.empty(), true);
  }
}
