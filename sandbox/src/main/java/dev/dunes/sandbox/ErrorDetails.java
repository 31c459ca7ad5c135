package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The particulars of a {@link SandboxException}: start from {@link #NONE} and add what is known.
 * Immutable.
 */
public final class ErrorDetails {
  /** Nothing known. */
  public static final ErrorDetails NONE = new ErrorDetails(null, null, null, null, null, null);

  final @Nullable String remedy;
  final @Nullable String provider;
  final @Nullable String sandboxId;
  final @Nullable Integer statusCode;
  final @Nullable Duration retryAfter;
  final @Nullable Throwable cause;

  private ErrorDetails(
      @Nullable String remedy,
      @Nullable String provider,
      @Nullable String sandboxId,
      @Nullable Integer statusCode,
      @Nullable Duration retryAfter,
      @Nullable Throwable cause) {
    this.remedy = remedy;
    this.provider = provider;
    this.sandboxId = sandboxId;
    this.statusCode = statusCode;
    this.retryAfter = retryAfter;
    this.cause = cause;
  }

  /** What the user can do about it, one line. */
  public static ErrorDetails remedy(String text) {
    return NONE.withRemedy(text);
  }

  /** What was thrown below. */
  public static ErrorDetails cause(Throwable thrown) {
    return NONE.withCause(thrown);
  }

  /** Where it happened. */
  public static ErrorDetails at(String provider, String sandboxId) {
    return NONE.withProvider(provider).withSandbox(sandboxId);
  }

  public ErrorDetails withRemedy(String text) {
    requireNonNull(text, "text");
    return new ErrorDetails(text, provider, sandboxId, statusCode, retryAfter, cause);
  }

  public ErrorDetails withProvider(String name) {
    requireNonNull(name, "name");
    return new ErrorDetails(remedy, name, sandboxId, statusCode, retryAfter, cause);
  }

  public ErrorDetails withSandbox(String id) {
    requireNonNull(id, "id");
    return new ErrorDetails(remedy, provider, id, statusCode, retryAfter, cause);
  }

  /** The HTTP status of a remote provider's answer. */
  public ErrorDetails withStatus(int status) {
    return new ErrorDetails(remedy, provider, sandboxId, status, retryAfter, cause);
  }

  /** How long to wait before trying again. */
  public ErrorDetails withRetryAfter(Duration wait) {
    requireNonNull(wait, "wait");
    return new ErrorDetails(remedy, provider, sandboxId, statusCode, wait, cause);
  }

  public ErrorDetails withCause(Throwable thrown) {
    requireNonNull(thrown, "thrown");
    return new ErrorDetails(remedy, provider, sandboxId, statusCode, retryAfter, thrown);
  }
}
