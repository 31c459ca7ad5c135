package dev.dunes.sandbox;

/** A path on this machine was refused, see {@link LocalPaths}. */
public final class LocalPathException extends SandboxException {
  private static final long serialVersionUID = 1L;

  public LocalPathException(String message, ErrorDetails details) {
    super("invalid_local_path", message, details);
  }

  public LocalPathException(String message) {
    this(message, ErrorDetails.NONE);
  }
}
