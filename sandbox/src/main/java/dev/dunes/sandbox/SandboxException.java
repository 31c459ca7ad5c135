package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The root of everything that can go wrong with sandboxes. A command that fails is not among it: a
 * non-zero exit is a {@link ExecResult}.
 *
 * <p>{@link #code()} is stable and meant for programs, the message for people, {@link #remedy()}
 * says what to do.
 */
public sealed class SandboxException extends RuntimeException
    permits ProviderException,
        SandboxNotFoundException,
        SandboxTimeoutException,
        SandboxStateException,
        SandboxQuotaException,
        SandboxFileException,
        InvalidRequestException,
        UnsupportedCapabilityException,
        SandboxInterruptedException,
        LocalPathException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final @Nullable String remedy;
  private final @Nullable String provider;
  private final @Nullable String sandboxId;
  private final @Nullable Integer statusCode;
  private final @Nullable Duration retryAfter;

  /**
   * @param code stable, lower case with underscores
   * @param message what happened, one line
   * @param details where, why and what to do about it
   */
  protected SandboxException(String code, String message, ErrorDetails details) {
    super(requireNonNull(message, "message"), details.cause);
    this.code = requireNonNull(code, "code");
    this.remedy = details.remedy;
    this.provider = details.provider;
    this.sandboxId = details.sandboxId;
    this.statusCode = details.statusCode;
    this.retryAfter = details.retryAfter;
  }

  /** A stable name for programs, such as {@code sandbox_not_found}. */
  public final String code() {
    return code;
  }

  /** What the user can do about it, one line. */
  public final Optional<String> remedy() {
    return Optional.ofNullable(remedy);
  }

  /** The provider it happened at. */
  public final Optional<String> provider() {
    return Optional.ofNullable(provider);
  }

  /** The sandbox it happened to. */
  public final Optional<String> sandboxId() {
    return Optional.ofNullable(sandboxId);
  }

  /** The HTTP status of a remote provider's answer. */
  public final OptionalInt statusCode() {
    return statusCode == null ? OptionalInt.empty() : OptionalInt.of(statusCode);
  }

  /** How long a remote provider asked to wait before trying again. */
  public final Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
