package dev.dunes.sandbox;

/** A {@link CircuitBreaker} refused the call without making it. */
public final class CircuitOpenException extends ProviderException {
  private static final long serialVersionUID = 1L;

  public CircuitOpenException(String message, ErrorDetails details) {
    super("circuit_open", message, details);
  }

  public CircuitOpenException(String message) {
    this(message, ErrorDetails.NONE);
  }
}
