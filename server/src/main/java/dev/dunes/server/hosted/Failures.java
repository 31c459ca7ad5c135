package dev.dunes.server.hosted;

import dev.dunes.hosting.HostingException;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Reply;
import java.util.Optional;

/** What is answered when something cannot be done. */
public final class Failures {
  private Failures() {}

  public static HttpFailure invalid(String message) {
    return new HttpFailure(CodeDialect.reply(400, message));
  }

  public static HttpFailure notFound(String message) {
    return new HttpFailure(CodeDialect.reply(404, message));
  }

  public static Reply of(HostingException e) {
    String message = String.valueOf(e.getMessage());
    Optional<String> code = Optional.of(e.reason().code());
    return switch (e.reason()) {
      case INVALID -> CodeDialect.reply(400, message);
      case NOT_FOUND -> CodeDialect.reply(404, message);
      case PAUSED, ALREADY_PAUSED, ALREADY_RUNNING, EXISTS, IN_USE ->
          CodeDialect.reply(409, message, code);
      case LIMIT_REACHED -> CodeDialect.reply(429, message, code);
      case UNSUPPORTED -> CodeDialect.reply(400, message, code);
      case UNAVAILABLE -> CodeDialect.reply(503, message, code);
    };
  }

  public static Reply of(SandboxException e) {
    String message = e.getMessage() + e.remedy().map(remedy -> "; " + remedy).orElse("");
    return switch (e) {
      case SandboxInterruptedException interrupted -> throw interrupted;
      case SandboxFileException file -> of(file);
      case InvalidRequestException invalid -> CodeDialect.reply(400, message);
      case UnsupportedCapabilityException unsupported ->
          CodeDialect.reply(400, message, Optional.of("unsupported"));
      case SandboxStateException state ->
          CodeDialect.reply(409, message, Optional.of("sandbox_paused"));
      default -> CodeDialect.reply(503, message, Optional.of(e.code()));
    };
  }

  private static Reply of(SandboxFileException e) {
    String path = e.path();
    return switch (e.reason()) {
      case NOT_FOUND -> CodeDialect.reply(404, "path '%s' does not exist".formatted(path));
      case IS_DIRECTORY -> CodeDialect.reply(400, "path '%s' is a directory".formatted(path));
      case NOT_DIRECTORY ->
          CodeDialect.reply(400, "path '%s' leads through a file".formatted(path));
      case NOT_REGULAR -> CodeDialect.reply(400, "path '%s' is no regular file".formatted(path));
      case PERMISSION, READ_ONLY ->
          CodeDialect.reply(
              403, "path '%s' may not be used: %s".formatted(path, e.getMessage()), code(e));
      case NO_SPACE ->
          CodeDialect.reply(507, "the sandbox has no space left for '%s'".formatted(path), code(e));
      case TOO_LARGE -> CodeDialect.reply(413, "path '%s' is too large".formatted(path));
      case EXISTS, NOT_EMPTY, UNSAFE_ARCHIVE, LOOP ->
          CodeDialect.reply(400, String.valueOf(e.getMessage()), code(e));
      case IO -> CodeDialect.reply(500, String.valueOf(e.getMessage()), code(e));
    };
  }

  private static Optional<String> code(SandboxException e) {
    return Optional.of(e.code());
  }
}
