package dev.dunes.session.engine;

/** What may happen to a session in this process. */
enum Phase {
  /** It takes messages. */
  OPEN,
  /** Somebody terminates it. */
  ENDING,
  /** Nothing follows, unless its agent can go on. */
  ENDED,
  /** This process has let go of it. */
  LEFT
}
