package dev.dunes.sandbox;

/** The sandbox is not in a state that allows this: paused, stopped, destroyed. */
public final class SandboxStateException extends SandboxException {
  private static final long serialVersionUID = 1L;

  public SandboxStateException(String message, ErrorDetails details) {
    super("wrong_state", message, details);
  }

  public SandboxStateException(String message) {
    this(message, ErrorDetails.NONE);
  }
}
