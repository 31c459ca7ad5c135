package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentEvent;
import dev.dunes.session.TurnEnd;
import dev.dunes.session.journal.EventLog;
import dev.dunes.session.journal.JournalException;
import dev.dunes.session.journal.StoredSession;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What all parts of a session share: its state and its events, behind one lock. Whoever holds the
 * lock writes, so there is one order. Fields that are not final are used with the lock.
 */
final class SessionCore {
  private static final Logger LOG = LoggerFactory.getLogger(SessionCore.class);

  static final Optional<byte[]> NO_RAW = Optional.empty();

  final EngineServices services;
  final EventLog log;
  final Agent agent;
  final SessionState state;
  final AgentWork work;
  final TurnWatch watch;
  final ReentrantLock lock = new ReentrantLock();
  final EventWriter events;
  final Normaliser items;
  final Requests requests;

  /** Messages whose turn has not begun. */
  final Deque<Turn> waiting = new ArrayDeque<>();

  @Nullable Turn running;

  /** Who opens the agent for the turn that runs; null once that is done. */
  @Nullable Thread starting;

  Phase phase;
  Instant updatedAt;
  StderrTail stderr;

  /** How many outputs of the turn could not be understood. */
  int unparsed;

  /** Whether the agent's process waits for an answer. */
  private volatile boolean asking;

  SessionCore(
      EngineServices services,
      Keepsakes keepsakes,
      EventLog log,
      Agent agent,
      StoredSession stored,
      SessionState state,
      AgentWork.Listener listener) {
    this.services = services;
    this.log = log;
    this.agent = agent;
    this.updatedAt = stored.updatedAt();
    this.state = state;
    this.events = new EventWriter(log, stored.sequence(), state.nativeId);
    this.items =
        new Normaliser(
            agent.traits().capabilities().itemStarted(), stored.items(), this::writeItem);
    this.requests = new Requests(state.asked);
    this.phase = state.ended == null ? Phase.OPEN : Phase.ENDED;
    this.work = new AgentWork(services, keepsakes, listener);
    this.stderr = new StderrTail(work.mask());
    this.watch = new TurnWatch(services.timers(), work::lastActivity, () -> asking);
  }

  String id() {
    return log.sessionId();
  }

  void write(AgentEvent event, boolean synthetic, Optional<byte[]> raw) {
    events.write(event, synthetic, raw, items.items());
    updatedAt = Instant.now();
  }

  void writeItem(AgentEvent event, boolean synthetic, Optional<byte[]> raw) {
    events.write(event, synthetic, raw, items.items());
  }

  void writeError(String message, @Nullable String code, @Nullable ObjectNode details) {
    write(
        new AgentEvent.Failed(
            message,
            Optional.ofNullable(code),
            Optional.<tools.jackson.databind.JsonNode>ofNullable(details)),
        true,
        NO_RAW);
    if (running != null) {
      running.errorTold = true;
    }
  }

  void writeTurn(AgentEvent.TurnPhase what, String turn, @Nullable String reason) {
    Optional<tools.jackson.databind.JsonNode> metadata =
        Optional.ofNullable(reason)
            .map(text -> JsonMapper.shared().createObjectNode().put("reason", text));
    write(new AgentEvent.Turn(what, Optional.of(turn), metadata), true, NO_RAW);
  }

  void saveState() {
    state.running = Optional.ofNullable(running).map(Turn::id);
    state.runningAfter = running == null ? 0 : running.after();
    state.waiting.clear();
    waiting.forEach(turn -> state.waiting.add(turn.prompt().text()));
    state.asked.clear();
    state.asked.addAll(requests.all());
    asking = !requests.isEmpty() && !agent.traits().inProcess();
    log.state(state.toJson());
  }

  void refuseWhenOver() {
    log.failure()
        .ifPresent(e -> {
          throw Problems.of(e);
        });
    if (phase == Phase.LEFT) {
      throw Problems.stream("the server is stopping", "try again when it is back", null);
    }
    if (phase == Phase.ENDING) {
      throw Problems.invalid("session terminated", "create another session");
    }
    if (state.ended == null) {
      return;
    }
    switch (state.ended) {
      case TERMINATED -> throw Problems.invalid("session terminated", "create another session");
      case ERROR -> throw Problems.agentExited(state.spec.agent(), state.exitCode, state.stderr);
      case COMPLETED -> {
        if (!agent.traits().resumable()) {
          throw Problems.invalid("session ended", "create another session");
        }
        state.ended = null;
        phase = Phase.OPEN;
      }
    }
  }

  /** With the lock; a journal that fails ends the work of the session, not its history. */
  void guarded(Runnable action) {
    try {
      lock.lock();
      try {
        action.run();
      } finally {
        lock.unlock();
      }
    } catch (JournalException e) {
      fault(e);
    }
  }

  void fault(JournalException e) {
    LOG.error("session {} stops: {}", id(), e.getMessage());
    Turn turn;
    lock.lock();
    try {
      if (phase == Phase.LEFT) {
        return;
      }
      phase = Phase.LEFT;
      turn = running;
      running = null;
      watch.end();
      TurnEnd end =
          new TurnEnd(TurnEnd.Kind.SESSION_ENDED, "journal", Optional.of(Problems.of(e)), 0);
      if (turn != null) {
        turn.end(Math.max(turn.after(), log.last()), end);
      }
      for (Turn never : waiting) {
        never.begin(log.last());
        never.end(log.last(), end);
      }
      waiting.clear();
    } finally {
      lock.unlock();
    }
    log.wake();
    Thread.ofVirtual().name("session-end").start(work::end);
  }
}
