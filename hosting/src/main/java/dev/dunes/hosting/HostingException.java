package dev.dunes.hosting;

import static java.util.Objects.requireNonNull;

/** What was asked for is not done, and nothing is different. The message is for the client. */
public final class HostingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** A value that cannot be used. */
    INVALID("invalid_request"),
    /** No such thing, or not the caller's. */
    NOT_FOUND("not_found"),
    /** The sandbox is paused and does not wake by itself. */
    PAUSED("sandbox_paused"),
    ALREADY_PAUSED("sandbox_already_paused"),
    ALREADY_RUNNING("sandbox_already_running"),
    /** Something of this name is there. */
    EXISTS("already_exists"),
    /** A sandbox needs it. */
    IN_USE("in_use"),
    /** The account has as many as it may. */
    LIMIT_REACHED("sandbox_limit_reached"),
    /** The provider cannot. */
    UNSUPPORTED("unsupported"),
    /** The provider failed; the same may work later. */
    UNAVAILABLE("sandbox_capacity_unavailable");

    private final String code;

    Reason(String code) {
      this.code = code;
    }

    /** A stable name for programs. */
    public String code() {
      return code;
    }
  }

  private final Reason reason;

  public HostingException(Reason reason, String message) {
    super(requireNonNull(message, "message"));
    this.reason = requireNonNull(reason, "reason");
  }

  public HostingException(Reason reason, String message, Throwable cause) {
    super(requireNonNull(message, "message"), cause);
    this.reason = requireNonNull(reason, "reason");
  }

  public Reason reason() {
    return reason;
  }

  static HostingException invalid(String message) {
    return new HostingException(Reason.INVALID, message);
  }
}
