package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.Prompt;
import dev.dunes.session.SessionException;
import dev.dunes.session.TurnEnd;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The turns of a session: one runs, the others wait. Agent API, sheet 4.5. */
final class TurnQueue {
  /** How many messages may wait. Agent API, sheet 4.5. */
  private static final int MOST_WAITING = 16;

  private final SessionCore core;
  private final Resting resting;
  private final Consumer<Turn> starter;

  /**
   * @param starter opens the agent and gives it the message; on a thread of its own
   */
  TurnQueue(SessionCore core, Resting resting, Consumer<Turn> starter) {
    this.core = core;
    this.resting = resting;
    this.starter = starter;
  }

  Turn send(Prompt prompt) {
    if (prompt.text().isBlank() && prompt.attachments().isEmpty()) {
      throw Problems.invalid("message must not be empty", "write something");
    }
    Turn turn;
    core.lock.lock();
    try {
      core.refuseWhenOver();
      if (core.waiting.size() >= MOST_WAITING) {
        throw Problems.conflict(
            "%d messages wait already".formatted(MOST_WAITING), "wait for the end of the turn");
      }
      core.state.turns++;
      turn = new Turn(core.state.turns, prompt);
      if (core.running == null) {
        begin(turn);
      } else {
        core.waiting.add(turn);
      }
      core.saveState();
    } finally {
      core.lock.unlock();
    }
    core.log.sync();
    return turn;
  }

  /** With the lock. */
  private void begin(Turn turn) {
    core.running = turn;
    resting.cancel();
    core.unparsed = 0;
    turn.begin(core.events.sequence());
    if (core.state.spec.turnEvents()) {
      core.writeTurn(AgentEvent.TurnPhase.STARTED, turn.id(), null);
    }
    core.items.user(turn.prompt().text(), turn.number(), core.state.nativeId.orElse(core.id()));
    core.starting = Thread.ofVirtual().name("session-turn").start(() -> starter.accept(turn));
  }

  /** With the lock. */
  void end(TurnEnd.Kind kind, String reason, @Nullable SessionException problem, double costUsd) {
    Turn turn = core.running;
    if (turn == null) {
      return;
    }
    core.watch.end();
    core.items.endTurn(kind == TurnEnd.Kind.COMPLETED);
    if (core.state.spec.turnEvents()) {
      core.writeTurn(AgentEvent.TurnPhase.ENDED, turn.id(), reason);
    }
    core.running = null;
    core.saveState();
    turn.end(
        core.events.sequence(), new TurnEnd(kind, reason, Optional.ofNullable(problem), costUsd));
    core.log.wake();
  }

  /** With the lock. */
  void next() {
    if (core.phase != Phase.OPEN || core.running != null) {
      return;
    }
    Turn next = core.waiting.poll();
    if (next != null) {
      begin(next);
      core.saveState();
    } else {
      resting.schedule();
    }
  }

  static TurnEnd.Kind kind(Turn turn, TurnEnd.Kind otherwise) {
    if (turn.timedOut) {
      return TurnEnd.Kind.TIMED_OUT;
    }
    return turn.interrupted ? TurnEnd.Kind.INTERRUPTED : otherwise;
  }
}
