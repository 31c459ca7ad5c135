package dev.dunes.sandbox;

/**
 * The isolation or limit that was asked for cannot be had on this machine. Nothing weaker was used
 * instead.
 */
public final class IsolationUnavailableException extends ProviderException {
  private static final long serialVersionUID = 1L;

  public IsolationUnavailableException(String message, ErrorDetails details) {
    super("isolation_unavailable", message, details);
  }

  public IsolationUnavailableException(String message) {
    this(message, ErrorDetails.NONE);
  }
}
