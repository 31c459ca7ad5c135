package dev.dunes.agent.drive;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSession;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * The messages of the user that wait for the end of a turn: at most {@link
 * AgentSession#QUEUE_LIMIT}, and none once the input or the agent has ended. Not safe for use by
 * several threads: the session's lock is held.
 *
 * @param <T> a message as the adapter sends it
 */
public final class PromptQueue<T> {
  private final Deque<T> waiting = new ArrayDeque<>();
  private boolean inputEnds;
  private boolean ended;

  /**
   * Adds one.
   *
   * @throws AgentException {@code agent_ended}, {@code too_many_prompts}
   */
  public void add(T prompt) {
    if (ended || inputEnds) {
      throw new AgentException("agent_ended", "the agent takes no message any more", null, null);
    }
    if (waiting.size() >= AgentSession.QUEUE_LIMIT) {
      throw new AgentException(
          "too_many_prompts",
          "%d messages wait already".formatted(AgentSession.QUEUE_LIMIT),
          "wait for the end of the turn",
          null);
    }
    waiting.add(prompt);
  }

  /** The next one, taken out; empty when none waits or the agent has ended. */
  public Optional<T> next() {
    return ended ? Optional.empty() : Optional.ofNullable(waiting.poll());
  }

  /** No message will be added. */
  public void endInput() {
    inputEnds = true;
  }

  /** Whether {@link #endInput} was called. */
  public boolean inputEnds() {
    return inputEnds;
  }

  /** The agent has ended. */
  public void end() {
    ended = true;
  }

  /** Whether the agent has ended. */
  public boolean ended() {
    return ended;
  }
}
