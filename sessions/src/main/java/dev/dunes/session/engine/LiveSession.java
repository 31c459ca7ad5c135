package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.Prompt;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.session.SessionInfo;
import dev.dunes.session.SessionSpec;
import dev.dunes.session.journal.EventLog;
import dev.dunes.session.journal.JournalException;
import dev.dunes.session.journal.StoredSession;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A session of this process. A thread exists only while a turn begins and while an agent lives; all
 * parts share {@link SessionCore} and its lock.
 */
final class LiveSession {
  private final SessionCore core;
  private final Asking asking;
  private final Resting resting;
  private final TurnQueue queue;
  private final Stopping stopping;
  private final TurnStart turnStart;
  private final Hearing hearing;
  private final SessionChanges changes;
  private final Instant createdAt;

  LiveSession(
      EngineServices services,
      Keepsakes keepsakes,
      EventLog log,
      Agent agent,
      StoredSession stored,
      SessionState state) {
    this.createdAt = stored.createdAt();
    this.core =
        new SessionCore(
            services,
            keepsakes,
            log,
            agent,
            stored,
            state,
            new AgentWork.Listener() {
              @Override
              public void heard(AgentOutput output) {
                hearing.heard(output);
              }

              @Override
              public void ended(Optional<AgentExit> exit, Optional<RuntimeException> failure) {
                hearing.ended(exit, failure);
              }
            });
    this.asking = new Asking(core, this::answers);
    this.resting = new Resting(core, asking);
    this.queue = new TurnQueue(core, resting, this::start);
    this.stopping = new Stopping(core, asking, resting, queue);
    this.turnStart = new TurnStart(core, queue, stopping);
    this.hearing = new Hearing(core, asking, queue, stopping);
    this.changes = new SessionChanges(core, turnStart);
  }

  private void start(Turn turn) {
    turnStart.start(turn);
  }

  String id() {
    return core.id();
  }

  EventLog log() {
    return core.log;
  }

  Agent agent() {
    return core.agent;
  }

  SessionSpec spec() {
    return core.state.spec;
  }

  Optional<Sandbox> sandbox() {
    return core.work.sandbox();
  }

  Instant createdAt() {
    return createdAt;
  }

  SessionInfo info() {
    core.lock.lock();
    try {
      return new SessionInfo(
          core.id(),
          core.state.spec.agent(),
          core.state.agentMode,
          core.state.permissionMode,
          core.state.model,
          core.state.variant,
          core.state.nativeId,
          core.state.ended != null,
          core.log.last(),
          core.running != null || !core.waiting.isEmpty() || unwritten(),
          core.state.title,
          core.state.spec.directory(),
          core.state.provider,
          core.work.sandbox().map(Sandbox::id),
          createdAt,
          core.updatedAt);
    } finally {
      core.lock.unlock();
    }
  }

  /** Whether readers do not have everything yet: who sees that it is over may rely on that. */
  private boolean unwritten() {
    return core.phase != Phase.LEFT
        && core.log.failure().isEmpty()
        && core.log.last() < core.events.sequence();
  }

  /** Writes the first event. */
  void begin() {
    if (core.agent.traits().inProcess()) {
      turnStart.noteNativeId(core.work.open(turnStart.setup()).nativeSessionId());
    } else if (core.state.spec.directory().isPresent()) {
      turnStart.openPlace();
    }
    core.lock.lock();
    try {
      ObjectNode metadata = JsonMapper.shared().createObjectNode();
      metadata.put("agent", core.state.spec.agent());
      metadata.put("agentMode", core.state.agentMode);
      metadata.put("model", core.state.model.orElse(null));
      metadata.put("permissionMode", core.state.permissionMode);
      metadata.put("variant", core.state.variant.orElse(null));
      core.write(new AgentEvent.SessionStarted(Optional.of(metadata)), true, SessionCore.NO_RAW);
      core.saveState();
    } finally {
      core.lock.unlock();
    }
    core.log.sync();
    core.lock.lock();
    try {
      resting.schedule();
    } finally {
      core.lock.unlock();
    }
  }

  /** What was cut off by the end of the process that ran it is brought to an end. */
  void recover() {
    core.lock.lock();
    try {
      boolean cut = core.state.running.isPresent() || !core.state.waiting.isEmpty();
      if (!cut && (core.requests.isEmpty() || core.agent.traits().inProcess())) {
        return;
      }
      if (!core.agent.traits().inProcess()) {
        asking.drop();
      }
      if (cut) {
        OpenItems.of(core.log, core.state.runningAfter)
            .forEach(event -> core.write(event, true, SessionCore.NO_RAW));
        ObjectNode details = JsonMapper.shared().createObjectNode();
        if (!core.state.waiting.isEmpty()) {
          core.state.waiting.forEach(details.putArray("notSent")::add);
        }
        core.writeError(
            "the server was restarted during the turn",
            "server_restart",
            details.isEmpty() ? null : details);
        if (core.state.spec.turnEvents()) {
          core.writeTurn(
              AgentEvent.TurnPhase.ENDED,
              core.state.running.orElse("turn_" + core.state.turns),
              "server_restart");
        }
      }
      core.saveState();
    } finally {
      core.lock.unlock();
    }
  }

  /** Keeps what the agent knows and has done until now. */
  void keep() {
    core.work.keepAll();
  }

  /** Whether the journal failed under it: it has to be read again. */
  boolean faulted() {
    return core.log.failure().isPresent();
  }

  /** Answers what the agent asked. */
  Answers answers() {
    return new Answers(
        new Answers.Desk() {
          @Override
          public <T> T locked(java.util.function.Function<Requests, T> action) {
            core.lock.lock();
            try {
              core.refuseWhenOver();
              return action.apply(core.requests);
            } finally {
              core.lock.unlock();
            }
          }

          @Override
          public void resolve(String id, AgentEvent event) {
            core.guarded(() -> {
              if (core.phase == Phase.OPEN) {
                asking.resolved(id, event);
              }
            });
            core.log.sync();
          }

          @Override
          public AgentSession agent() {
            return core.work
                .agent()
                .or(() ->
                    core.agent.traits().inProcess()
                        ? Optional.of(core.work.open(turnStart.setup()))
                        : Optional.empty())
                .orElseThrow(
                    () -> Problems.stream("the agent does not run", "send it a message", null));
          }
        },
        core.state.spec.agent());
  }

  Turn send(Prompt prompt) {
    return queue.send(prompt);
  }

  /** Ends the turn that runs. */
  void interrupt() {
    stopping.interrupt();
  }

  /** Lets it rest as soon as no turn runs. */
  void restNow() {
    stopping.interrupt();
    resting.soon();
  }

  /** Ends the session with everything in its sandbox. Returns when that is done. */
  void terminate() {
    stopping.terminate();
  }

  /** This process lets go of it: a turn that runs is cut off, the session stays. */
  void leave() {
    stopping.leave();
  }

  void setMode(String mode) {
    changes.setMode(mode);
  }

  void setModel(String model, Optional<String> variant) {
    changes.setModel(model, variant);
  }

  void rename(String title) {
    changes.rename(title);
  }

  /** The state of a session that begins where this one is. */
  SessionState forked() {
    return changes.forked();
  }

  /** Its journal failed: its work ends, its history stays. */
  void fault(JournalException e) {
    core.fault(e);
  }
}
