package dev.dunes.cli;

/**
 * Why a command of {@code ds} cannot be done, what to do about it, and the exit code that tells.
 */
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;
  private final String remedy;

  Failure(int exitCode, String message, String remedy) {
    super(message);
    this.exitCode = exitCode;
    this.remedy = remedy;
  }

  /** The command line makes no sense: exit 2. */
  static Failure usage(String message, String remedy) {
    return new Failure(ExitCodes.USAGE, message, remedy);
  }

  int exitCode() {
    return exitCode;
  }

  /** One line; empty when there is nothing to say. */
  String remedy() {
    return remedy;
  }
}
