package dev.dunes.sandbox;

/** The provider refused the credentials. */
public final class SandboxAuthenticationException extends ProviderException {
  private static final long serialVersionUID = 1L;

  public SandboxAuthenticationException(String message, ErrorDetails details) {
    super("authentication_failed", message, details);
  }

  public SandboxAuthenticationException(String message) {
    this(message, ErrorDetails.NONE);
  }
}
