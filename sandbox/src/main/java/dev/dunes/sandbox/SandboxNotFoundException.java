package dev.dunes.sandbox;

/** No such sandbox: never made, destroyed, or expired. */
public final class SandboxNotFoundException extends SandboxException {
  private static final long serialVersionUID = 1L;

  public SandboxNotFoundException(String message, ErrorDetails details) {
    super("sandbox_not_found", message, details);
  }

  public SandboxNotFoundException(String message) {
    this(message, ErrorDetails.NONE);
  }
}
