package dev.dunes.guest;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFileException.Reason;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.UnsupportedCapabilityException;

/** Turns what a guest refused into the library's exceptions. */
final class GuestErrors {
  private GuestErrors() {}

  /**
   * @param subject the path, user or directory it was about
   */
  static SandboxException exception(GuestError error, String subject) {
    return switch (error.code()) {
      case NOT_FOUND -> file(Reason.NOT_FOUND, subject, "no such file or directory");
      case EXISTS -> file(Reason.EXISTS, subject, "already exists");
      case IS_DIRECTORY -> file(Reason.IS_DIRECTORY, subject, "is a directory");
      case NOT_DIRECTORY -> file(Reason.NOT_DIRECTORY, subject, "is not a directory");
      case NOT_REGULAR -> file(Reason.NOT_REGULAR, subject, "is not a regular file");
      case NOT_EMPTY -> file(Reason.NOT_EMPTY, subject, "directory is not empty");
      case PERMISSION -> file(Reason.PERMISSION, subject, "permission denied");
      case READ_ONLY -> file(Reason.READ_ONLY, subject, "read-only file system");
      case NO_SPACE -> file(Reason.NO_SPACE, subject, "no space left in the sandbox");
      case LOOP -> file(Reason.LOOP, subject, "symbolic links lead round and round");
      case IO, TOO_LARGE -> file(Reason.IO, subject, error.message());
      case UNKNOWN_USER ->
          new InvalidRequestException(
              "user",
              error.message(),
              ErrorDetails.remedy("leave the user out, or name one that exists"));
      case BAD_CWD ->
          new InvalidRequestException(
              "workingDir",
              "workingDir: '%s' cannot be entered".formatted(subject),
              ErrorDetails.remedy("make the directory first, or leave it out"));
      case INVALID -> new InvalidRequestException("path", error.message(), ErrorDetails.NONE);
      case COMMAND_NOT_FOUND, NOT_EXECUTABLE, CONNECTION_REFUSED, PROTOCOL ->
          new ProviderException("the guest refused: " + error.message());
      case LIMIT -> new SandboxQuotaException("the guest refused: " + error.message());
      case CANCELLED -> new SandboxStateException("the operation was cancelled");
      case UNSUPPORTED ->
          new UnsupportedCapabilityException("the guest cannot do that: " + error.message());
    };
  }

  private static SandboxFileException file(Reason reason, String path, String what) {
    String remedy =
        switch (reason) {
          case NO_SPACE -> "remove files, or make the sandbox with a higher disk limit";
          case EXISTS -> "remove it first, or use the replacing variant";
          case IS_DIRECTORY -> "name a file";
          case NOT_EMPTY -> "use removeTree";
          default -> "";
        };
    ErrorDetails details = remedy.isEmpty() ? ErrorDetails.NONE : ErrorDetails.remedy(remedy);
    return new SandboxFileException(reason, path, "%s: %s".formatted(path, what), details);
  }
}
