package dev.dunes.gateway.signing;

/** The token service answered, and does not accept who asks. */
public final class TokenRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;

  TokenRefusedException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** Of HTTP. */
  public int status() {
    return status;
  }
}
