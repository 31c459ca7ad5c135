package dev.dunes.session.engine;

import dev.dunes.agent.Prompt;
import dev.dunes.session.TurnEnd;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One message and what comes of it. Its events are those after {@link #after} up to {@link #last}.
 * Written with the lock of its session; read by whoever follows it.
 */
final class Turn {
  private final int number;
  private final Prompt prompt;
  private final CompletableFuture<Boolean> begun = new CompletableFuture<>();
  private volatile long after;
  private volatile long last = Long.MAX_VALUE;
  private volatile long firstRequest = Long.MAX_VALUE;
  private volatile @Nullable TurnEnd end;

  /** Whether somebody interrupted it. */
  boolean interrupted;

  /** Whether it took too long. */
  boolean timedOut;

  /** Whether an error of it was told. */
  boolean errorTold;

  /**
   * @param number of the message in its session
   */
  Turn(int number, Prompt prompt) {
    this.number = number;
    this.prompt = prompt;
  }

  int number() {
    return number;
  }

  String id() {
    return "turn_" + number;
  }

  Prompt prompt() {
    return prompt;
  }

  void begin(long sequence) {
    after = sequence;
    begun.complete(true);
  }

  /** The agent asked something; the event with this sequence says so. */
  void asked(long sequence) {
    if (firstRequest == Long.MAX_VALUE) {
      firstRequest = sequence;
    }
  }

  void end(long sequence, TurnEnd how) {
    end = how;
    last = sequence;
    begun.complete(true);
  }

  /** Done once it has begun, or will never begin. */
  CompletableFuture<Boolean> begun() {
    return begun;
  }

  long after() {
    return after;
  }

  long last() {
    return last;
  }

  /** The sequence of the first event that asks something, or of the last one. */
  long firstRequestOrLast() {
    return Math.min(firstRequest, last);
  }

  Optional<TurnEnd> end() {
    return Optional.ofNullable(end);
  }
}
