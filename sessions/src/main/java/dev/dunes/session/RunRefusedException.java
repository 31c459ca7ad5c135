package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A run was not begun. Nothing was made for it. */
public final class RunRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** The request is wrong, or lacks a key: HTTP 422. */
    INVALID,
    /** The conversation to go on with is not kept here: HTTP 404. */
    UNKNOWN_SESSION,
    /** As many runs as allowed are under way: HTTP 429. */
    BUSY,
    /** {@code sandstorm.json} or another setting is broken: HTTP 500. */
    CONFIG,
    /** The server ends: HTTP 503. */
    SHUTTING_DOWN
  }

  private final Reason reason;
  private final @Nullable String field;
  private final @Nullable String runId;

  private RunRefusedException(
      Reason reason, String message, @Nullable String field, @Nullable String runId) {
    super(requireNonNull(message, "message"));
    this.reason = requireNonNull(reason, "reason");
    this.field = field;
    this.runId = runId;
  }

  static RunRefusedException invalid(String message) {
    return new RunRefusedException(Reason.INVALID, message, null, null);
  }

  static RunRefusedException invalidField(String field, String message) {
    return new RunRefusedException(Reason.INVALID, message, field, null);
  }

  static RunRefusedException unknownSession(String id) {
    return new RunRefusedException(
        Reason.UNKNOWN_SESSION, "Unknown session: " + id, "resume", null);
  }

  static RunRefusedException busy(int limit, String runId) {
    return new RunRefusedException(
        Reason.BUSY,
        "Max concurrent agents (%d) reached. Please wait for existing agents to complete."
            .formatted(limit),
        null,
        runId);
  }

  static RunRefusedException config(String message) {
    return new RunRefusedException(Reason.CONFIG, message, null, null);
  }

  static RunRefusedException shuttingDown() {
    return new RunRefusedException(Reason.SHUTTING_DOWN, "The server is shutting down", null, null);
  }

  public Reason reason() {
    return reason;
  }

  /** The field of the request that is wrong, when it is one. */
  public Optional<String> field() {
    return Optional.ofNullable(field);
  }

  /** The id the run would have had, when it was refused for want of room. */
  public Optional<String> runId() {
    return Optional.ofNullable(runId);
  }
}
