package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.EndReason;
import dev.dunes.agent.AgentEvent.EndedBy;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSession;
import dev.dunes.session.SessionException;
import dev.dunes.session.TurnEnd;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Ends what runs: a turn, the session, or this process's part in it. */
final class Stopping {
  private static final Logger LOG = LoggerFactory.getLogger(Stopping.class);

  /** How long an agent may take to stop when it is told to; then it is killed. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(15);

  private final SessionCore core;
  private final Asking asking;
  private final Resting resting;
  private final TurnQueue queue;

  Stopping(SessionCore core, Asking asking, Resting resting, TurnQueue queue) {
    this.core = core;
    this.asking = asking;
    this.resting = resting;
    this.queue = queue;
  }

  /** Ends the turn that runs. */
  void interrupt() {
    Turn turn;
    core.lock.lock();
    try {
      turn = core.running;
      if (turn == null || turn.interrupted) {
        return;
      }
      turn.interrupted = true;
    } finally {
      core.lock.unlock();
    }
    stop(turn);
  }

  void tooLong(Turn turn, String why) {
    core.guarded(() -> {
      if (core.running != turn || turn.interrupted || core.phase != Phase.OPEN) {
        return;
      }
      core.writeError(why, "turn_timeout", null);
      turn.timedOut = true;
    });
    if (turn.timedOut) {
      stop(turn);
    }
  }

  private void stop(Turn turn) {
    core.lock.lock();
    try {
      if (core.starting != null) {
        core.starting.interrupt();
        return;
      }
    } finally {
      core.lock.unlock();
    }
    core.services
        .timers()
        .after(STOP_LIMIT, () -> Thread.ofVirtual().name("session-stop").start(() -> kill(turn)));
    try {
      core.work.agent().ifPresent(AgentSession::interrupt);
    } catch (AgentException e) {
      LOG.debug("session {}: the agent could not be interrupted", core.id(), e);
    }
  }

  private void kill(Turn turn) {
    boolean still;
    core.lock.lock();
    try {
      still = core.running == turn;
    } finally {
      core.lock.unlock();
    }
    if (!still) {
      return;
    }
    LOG.warn("session {}: its agent did not stop when asked to; it is killed", core.id());
    core.work.endAgent();
    core.guarded(() -> {
      if (core.running == turn && core.phase == Phase.OPEN) {
        asking.drop();
        queue.end(TurnQueue.kind(turn, TurnEnd.Kind.FAILED), "interrupted", null, 0);
        queue.next();
      }
    });
  }

  /** Ends the session with everything in its sandbox. Returns when that is done. */
  void terminate() {
    Thread opening;
    core.lock.lock();
    try {
      if (core.state.ended != null || core.phase == Phase.LEFT) {
        return;
      }
      core.phase = Phase.ENDING;
      resting.cancel();
      opening = core.starting;
    } finally {
      core.lock.unlock();
    }
    if (opening != null) {
      opening.interrupt();
    }
    core.work.end();
    core.guarded(() -> {
      if (core.state.ended == null) {
        over(EndReason.TERMINATED, EndedBy.DAEMON, null);
      }
    });
    core.log.sync();
  }

  /** This process lets go of it: a turn that runs is cut off, the session stays. */
  void leave() {
    Thread opening;
    core.lock.lock();
    try {
      if (core.phase == Phase.LEFT) {
        return;
      }
      opening = core.starting;
      resting.cancel();
    } finally {
      core.lock.unlock();
    }
    if (opening != null) {
      opening.interrupt();
    }
    core.guarded(() -> {
      core.watch.end();
      if (core.phase == Phase.OPEN && core.log.failure().isEmpty()) {
        if (core.running != null || !core.waiting.isEmpty()) {
          cutOff();
        }
        if (!core.agent.traits().inProcess()) {
          asking.drop();
        }
        core.saveState();
      }
      core.phase = Phase.LEFT;
    });
    boolean whole = core.work.sandbox().isPresent() && core.log.failure().isEmpty();
    if (whole) {
      core.work.rest(() -> true);
    } else {
      core.work.end();
    }
    core.log.close();
  }

  private void cutOff() {
    ObjectNode details = JsonMapper.shared().createObjectNode();
    if (!core.waiting.isEmpty()) {
      core.waiting.forEach(turn -> details.withArray("notSent").add(turn.prompt().text()));
    }
    core.writeError(
        "the server was stopped during the turn",
        "server_restart",
        details.isEmpty() ? null : details);
    List<Turn> never = List.copyOf(core.waiting);
    core.waiting.clear();
    core.items.endTurn(false);
    queue.end(
        TurnEnd.Kind.SESSION_ENDED,
        "server_restart",
        Problems.stream("the server was stopped during the turn", "send it again", null),
        0);
    TurnEnd end = new TurnEnd(TurnEnd.Kind.SESSION_ENDED, "server_restart", Optional.empty(), 0);
    never.forEach(each -> {
      each.begin(core.events.sequence());
      each.end(core.events.sequence(), end);
    });
  }

  /** With the lock: nothing follows. */
  void over(EndReason reason, EndedBy by, @Nullable SessionException problem) {
    asking.drop();
    core.items.endTurn(reason == EndReason.COMPLETED);
    core.watch.end();
    Turn turn = core.running;
    core.running = null;
    List<Turn> never = List.copyOf(core.waiting);
    core.waiting.clear();
    if (turn != null && core.state.spec.turnEvents()) {
      core.writeTurn(AgentEvent.TurnPhase.ENDED, turn.id(), "session_ended");
    }
    long before = core.events.sequence();
    core.write(new AgentEvent.SessionEnded(reason, by), true, SessionCore.NO_RAW);
    core.phase = Phase.ENDED;
    core.state.ended = reason;
    core.saveState();
    TurnEnd end =
        new TurnEnd(TurnEnd.Kind.SESSION_ENDED, "session_ended", Optional.ofNullable(problem), 0);
    if (turn != null) {
      turn.end(core.events.sequence(), end);
    }
    never.forEach(each -> {
      each.begin(before);
      each.end(core.events.sequence(), end);
    });
    core.log.wake();
    Thread.ofVirtual().name("session-end").start(core.work::end);
  }
}
