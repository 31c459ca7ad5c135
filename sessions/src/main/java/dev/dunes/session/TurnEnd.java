package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * How a turn of a session ended.
 *
 * @param reason the agent's own word for it, such as {@code success} or {@code error_max_turns}, or
 *     ours
 * @param problem what went wrong, when something did; what the error event of the turn says
 * @param costUsd what it cost by the agent's own count, in US dollars
 */
public record TurnEnd(
    Kind kind, String reason, Optional<SessionException> problem, double costUsd) {
  public TurnEnd {
    requireNonNull(kind, "kind");
    requireNonNull(reason, "reason");
    requireNonNull(problem, "problem");
  }

  /** What sort of end it was. */
  public enum Kind {
    /** The agent has done what it could. */
    COMPLETED,
    /** The agent, or its model, failed; the session goes on. */
    FAILED,
    /** Somebody interrupted it. */
    INTERRUPTED,
    /** It took too long, or nothing happened for too long. */
    TIMED_OUT,
    /** The session ended, or this process let go of it. */
    SESSION_ENDED
  }
}
