package dev.dunes.agent;

import java.util.Optional;

/**
 * A running agent. One thread reads with {@link #next()}; the other methods may be called by any.
 */
public interface AgentSession extends AutoCloseable {
  /** Hands it a message of the user. One that comes while a turn runs waits for its end. */
  void send(Prompt prompt);

  /**
   * What it says next; blocks. Nothing is dropped: while nobody reads, the agent stops writing.
   * Empty when it has ended and everything has been read.
   */
  Optional<AgentOutput> next();

  /** The agent's own name for this conversation, once it is known: what resuming takes. */
  Optional<String> nativeSessionId();

  /** Stops the turn that runs, if any, with everything it started; the session goes on. */
  void interrupt();

  /** Says that no message will follow: the agent ends when its turn does. */
  void endInput();

  /** How the process ended; blocks until it has. */
  AgentExit waitFor();

  /** Ends the process with everything it started. Safe to repeat. */
  @Override
  void close();
}
