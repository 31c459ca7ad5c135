package dev.dunes.sandbox;

/** A provider could not do its part: transport, start-up, an answer that makes no sense. */
public sealed class ProviderException extends SandboxException
    permits SandboxAuthenticationException,
        CircuitOpenException,
        IsolationUnavailableException,
        SetupFailedException {
  private static final long serialVersionUID = 1L;

  public ProviderException(String message, ErrorDetails details) {
    super("provider_error", message, details);
  }

  public ProviderException(String message) {
    this(message, ErrorDetails.NONE);
  }

  protected ProviderException(String code, String message, ErrorDetails details) {
    super(code, message, details);
  }
}
