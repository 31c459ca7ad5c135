package dev.dunes.server.e2b.connect;

import java.util.Locale;

/** Why a call failed, and the status of HTTP that says so. E2B wire 2.7. */
public enum ConnectCode {
  CANCELED(499),
  UNKNOWN(500),
  INVALID_ARGUMENT(400),
  DEADLINE_EXCEEDED(504),
  NOT_FOUND(404),
  ALREADY_EXISTS(409),
  PERMISSION_DENIED(403),
  RESOURCE_EXHAUSTED(429),
  FAILED_PRECONDITION(400),
  ABORTED(409),
  UNIMPLEMENTED(501),
  INTERNAL(500),
  UNAVAILABLE(503),
  UNAUTHENTICATED(401);

  private final int status;

  ConnectCode(int status) {
    this.status = status;
  }

  public int status() {
    return status;
  }

  /** As it is sent. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
