package dev.dunes.sandbox;

/** Something did not finish in the time it had. (A command's own timeout is a result instead.) */
public final class SandboxTimeoutException extends SandboxException {
  private static final long serialVersionUID = 1L;

  public SandboxTimeoutException(String message, ErrorDetails details) {
    super("timeout", message, details);
  }

  public SandboxTimeoutException(String message) {
    this(message, ErrorDetails.NONE);
  }

  /** The message every time limit of this library uses. */
  public static SandboxTimeoutException after(java.time.Duration limit) {
    String seconds =
        java.math.BigDecimal.valueOf(limit.toMillis(), 3).stripTrailingZeros().toPlainString();
    return new SandboxTimeoutException("Operation timed out after " + seconds + " seconds");
  }
}
