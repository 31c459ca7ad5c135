package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

/** A file in a sandbox could not be used as asked. */
public final class SandboxFileException extends SandboxException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    NOT_FOUND("file_not_found"),
    EXISTS("file_exists"),
    IS_DIRECTORY("is_a_directory"),
    NOT_DIRECTORY("not_a_directory"),
    NOT_REGULAR("not_a_regular_file"),
    NOT_EMPTY("directory_not_empty"),
    PERMISSION("permission_denied"),
    READ_ONLY("read_only"),
    NO_SPACE("no_space"),
    /** Larger than the caller allows. */
    TOO_LARGE("file_too_large"),
    UNSAFE_ARCHIVE("unsafe_archive"),
    /** Symbolic links lead round and round. */
    LOOP("symlink_loop"),
    IO("file_io");

    private final String code;

    Reason(String code) {
      this.code = code;
    }
  }

  private final Reason reason;
  private final String path;

  public SandboxFileException(Reason reason, String path, String message, ErrorDetails details) {
    super(reason.code, message, details);
    this.reason = reason;
    this.path = requireNonNull(path, "path");
  }

  public Reason reason() {
    return reason;
  }

  /** The path in the sandbox, as the caller gave it. */
  public String path() {
    return path;
  }
}
