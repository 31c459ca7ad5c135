package dev.dunes.sandbox;

/** The calling thread was interrupted while it waited. Its interrupt flag is set. */
public final class SandboxInterruptedException extends SandboxException {
  private static final long serialVersionUID = 1L;

  /** Sets the calling thread's interrupt flag again. */
  public SandboxInterruptedException(String whileDoing, Throwable cause) {
    super("interrupted", "interrupted while " + whileDoing, ErrorDetails.cause(cause));
    Thread.currentThread().interrupt();
  }
}
