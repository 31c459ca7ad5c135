package dev.dunes.sandbox;

/** A limit on the number or size of things was reached. */
public final class SandboxQuotaException extends SandboxException {
  private static final long serialVersionUID = 1L;

  public SandboxQuotaException(String message, ErrorDetails details) {
    super("quota_exceeded", message, details);
  }

  public SandboxQuotaException(String message) {
    this(message, ErrorDetails.NONE);
  }
}
