package dev.dunes.session.journal;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** The journal cannot be opened, read or written. What was in it stays. */
public final class JournalException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What sort of failure it is. */
  public enum Reason {
    /** Another process, or another part of this one, has it open. */
    IN_USE,
    /** There is no room. */
    FULL,
    /** It was written by a newer version. */
    NEWER,
    /** It was closed. */
    CLOSED,
    /** Anything else. */
    BROKEN
  }

  private final Reason reason;
  private final String remedy;

  JournalException(Reason reason, String message, String remedy, @Nullable Throwable cause) {
    super(requireNonNull(message, "message"), cause);
    this.reason = requireNonNull(reason, "reason");
    this.remedy = requireNonNull(remedy, "remedy");
  }

  static JournalException closed() {
    return new JournalException(
        Reason.CLOSED, "the journal is closed", "ask a server that runs", null);
  }

  /** What sort of failure it is. */
  public Reason reason() {
    return reason;
  }

  /** What to do about it, one line. */
  public String remedy() {
    return remedy;
  }
}
