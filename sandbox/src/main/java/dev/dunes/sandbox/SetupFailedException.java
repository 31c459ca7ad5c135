package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

/**
 * A {@linkplain SandboxSpec#setupCommands() set-up command} failed; the sandbox has been destroyed.
 */
public final class SetupFailedException extends ProviderException {
  private static final long serialVersionUID = 1L;

  private final transient ExecResult result;

  /** {@code Setup command failed (exit N): what}. */
  SetupFailedException(ExecResult result, String what, ErrorDetails details) {
    super(
        "setup_failed",
        "Setup command failed (exit %d): %s".formatted(result.exitCode(), what),
        details);
    this.result = requireNonNull(result, "result");
  }

  /** What the command left. */
  public ExecResult result() {
    return result;
  }
}
