package dev.dunes.sandbox;

/** This provider, or this machine, cannot do that. */
public final class UnsupportedCapabilityException extends SandboxException {
  private static final long serialVersionUID = 1L;

  public UnsupportedCapabilityException(String message, ErrorDetails details) {
    super("unsupported", message, details);
  }

  public UnsupportedCapabilityException(String message) {
    this(message, ErrorDetails.NONE);
  }
}
