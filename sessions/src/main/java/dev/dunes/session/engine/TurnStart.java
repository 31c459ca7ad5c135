package dev.dunes.session.engine;

import dev.dunes.agent.AgentSession;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.session.TurnEnd;
import dev.dunes.session.journal.JournalException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Opens sandbox and agent where they are not open, and gives the agent its message. */
final class TurnStart {
  private static final Logger LOG = LoggerFactory.getLogger(TurnStart.class);

  private final SessionCore core;
  private final TurnQueue queue;
  private final Stopping stopping;
  private Optional<String> noted = Optional.empty();
  private boolean reopenAgent;

  TurnStart(SessionCore core, TurnQueue queue, Stopping stopping) {
    this.core = core;
    this.queue = queue;
    this.stopping = stopping;
  }

  /** The agent is opened again for the next turn. */
  void openAgain() {
    core.lock.lock();
    try {
      reopenAgent = true;
    } finally {
      core.lock.unlock();
    }
  }

  /** On a thread of its own: opening takes its time. */
  void start(Turn turn) {
    try {
      if (reopen()) {
        core.work.endAgent();
      }
      boolean fresh = core.work.agent().isEmpty();
      AgentSession session = core.work.open(setup());
      core.lock.lock();
      try {
        notePlace();
        if (fresh && !core.agent.traits().inProcess()) {
          core.items.newProcess();
          core.stderr = new StderrTail(core.work.mask());
          if (turn.number() > 1 && !core.agent.traits().resumable()) {
            core.writeError(
                "this agent cannot go on with a conversation: it knows nothing of what was said before",
                "conversation_lost",
                null);
          }
        }
        core.starting = null;
        if (core.running != turn) {
          return;
        }
        watch(turn); // from here on: opening has limits of its own
      } finally {
        core.lock.unlock();
      }
      session.send(turn.prompt());
      if (stopped(turn)) {
        session.interrupt(); // there was nothing to interrupt before
      }
    } catch (JournalException e) {
      core.fault(e);
    } catch (RuntimeException e) {
      LOG.debug("session {}: the turn could not begin", core.id(), e);
      core.work.endAgent();
      failTurn(turn, e);
    }
  }

  private void watch(Turn turn) {
    TurnLimits limits = core.services.limits().get();
    core.watch.begin(
        core.state.spec.turnTimeout().orElse(limits.turn()),
        core.state.spec.idleTimeout().orElse(limits.quiet()),
        why -> Thread.ofVirtual().name("session-limit").start(() -> stopping.tooLong(turn, why)));
  }

  private boolean stopped(Turn turn) {
    core.lock.lock();
    try {
      return turn.interrupted || turn.timedOut;
    } finally {
      core.lock.unlock();
    }
  }

  private boolean reopen() {
    core.lock.lock();
    try {
      boolean again = reopenAgent;
      reopenAgent = false;
      return again;
    } finally {
      core.lock.unlock();
    }
  }

  private void failTurn(Turn turn, RuntimeException e) {
    core.guarded(() -> {
      core.starting = null;
      notePlace();
      if (core.running != turn || core.phase != Phase.OPEN) {
        return;
      }
      Thread.interrupted();
      boolean stopped = turn.interrupted || turn.timedOut;
      if (!stopped) {
        ObjectNode details = JsonMapper.shared().createObjectNode();
        Problems.remedy(e).ifPresent(remedy -> details.put("remedy", remedy));
        core.writeError(
            core.work.mask().apply(Problems.said(e)), null, details.isEmpty() ? null : details);
      }
      queue.end(
          TurnQueue.kind(turn, TurnEnd.Kind.FAILED),
          stopped ? "interrupted" : "error",
          stopped ? null : Problems.of(core.state.spec.agent(), e, core.work.mask()),
          0);
      queue.next();
    });
  }

  void openPlace() {
    core.work.openPlace(setup());
    core.lock.lock();
    try {
      notePlace();
    } finally {
      core.lock.unlock();
    }
  }

  /** With the lock: a sandbox counts once, also when the agent did not start in it. */
  private void notePlace() {
    Optional<String> now = core.work.sandbox().map(Sandbox::id);
    if (now.isPresent() && !now.equals(noted)) {
      noted = now;
      core.state.places++;
      core.state.provider = core.work.sandbox().map(Sandbox::provider);
    }
  }

  void noteNativeId(Optional<String> id) {
    core.lock.lock();
    try {
      core.state.nativeId = id.or(() -> core.state.nativeId);
      id.ifPresent(core.events::nativeId);
    } finally {
      core.lock.unlock();
    }
  }

  AgentSetup setup() {
    core.lock.lock();
    try {
      boolean fork = core.state.nativeId.isEmpty() && core.state.forkOf.isPresent();
      Optional<String> resume =
          core.agent.traits().resumable()
              ? core.state.nativeId.or(() -> core.state.forkOf)
              : Optional.empty();
      return new AgentSetup(
          core.id(),
          core.log.key(),
          core.state.spec,
          core.agent,
          core.state.agentMode,
          core.state.permissionMode,
          core.state.model,
          core.state.variant,
          resume,
          fork,
          core.running == null ? core.state.turns - core.waiting.size() : core.running.number() - 1,
          core.state.places > 0 || core.state.forkOf.isPresent());
    } finally {
      core.lock.unlock();
    }
  }
}
