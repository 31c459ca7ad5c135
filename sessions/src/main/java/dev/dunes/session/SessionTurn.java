package dev.dunes.session;

import java.util.Optional;

/** The events of one turn of a session, from its first to its last. */
public interface SessionTurn extends SessionEvents {
  /** Names the turn, such as {@code turn_3}; unique in its session. */
  String id();

  /** How it ended; empty as long as it has not. There once {@link #next} has given nothing. */
  Optional<TurnEnd> end();
}
