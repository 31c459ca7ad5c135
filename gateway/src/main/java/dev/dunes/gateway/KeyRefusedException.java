package dev.dunes.gateway;

/** A provider's identity service does not accept the key. */
final class KeyRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;

  KeyRefusedException(int status, String message, Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  int status() {
    return status;
  }
}
