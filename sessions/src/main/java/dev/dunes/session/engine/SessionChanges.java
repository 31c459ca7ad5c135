package dev.dunes.session.engine;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSession;
import dev.dunes.session.SessionException;
import java.time.Instant;
import java.util.Optional;

/** What can be changed about a session between its turns. */
final class SessionChanges {
  private final SessionCore core;
  private final TurnStart turnStart;

  SessionChanges(SessionCore core, TurnStart turnStart) {
    this.core = core;
    this.turnStart = turnStart;
  }

  private interface Change {
    void apply(AgentSession session);
  }

  private interface Refusal {
    SessionException get();
  }

  void setMode(String mode) {
    Checks.mode(core.state.spec.agent(), mode, core.agent.traits());
    changing(
        session -> session.setMode(mode),
        "mode_not_supported",
        () ->
            Problems.modeNotSupported(
                core.state.spec.agent(), mode, "create a session with that mode"));
    core.lock.lock();
    try {
      core.state.agentMode = mode;
      core.saveState();
    } finally {
      core.lock.unlock();
    }
  }

  void setModel(String model, Optional<String> variant) {
    changing(
        session -> session.setModel(model, variant),
        "model_not_supported",
        () ->
            Problems.invalid(
                "%s cannot change its model".formatted(core.state.spec.agent()),
                "create a session with that model"));
    core.lock.lock();
    try {
      core.state.model = Optional.of(model);
      core.state.variant = variant.or(() -> core.state.variant);
      core.saveState();
    } finally {
      core.lock.unlock();
    }
  }

  /** Where the agent cannot change while it runs it is opened again, if it can go on then. */
  private void changing(Change change, String code, Refusal refusal) {
    refuse();
    Optional<AgentSession> living = core.work.agent();
    if (living.isEmpty()) {
      return;
    }
    try {
      change.apply(living.get());
    } catch (AgentException e) {
      if (!e.code().equals(code)) {
        throw Problems.of(core.state.spec.agent(), e);
      }
      if (!core.agent.traits().resumable()) {
        throw refusal.get();
      }
      turnStart.openAgain();
    }
  }

  private void refuse() {
    core.lock.lock();
    try {
      core.refuseWhenOver();
    } finally {
      core.lock.unlock();
    }
  }

  void rename(String title) {
    Checks.title(title);
    core.lock.lock();
    try {
      core.state.title = Optional.of(title);
      core.updatedAt = Instant.now();
      core.saveState();
    } finally {
      core.lock.unlock();
    }
    core.log.sync();
  }

  /** The state of a session that begins where this one is. */
  SessionState forked() {
    core.lock.lock();
    try {
      if (!core.agent.traits().resumable() || core.state.nativeId.isEmpty()) {
        throw Problems.invalid(
            "%s cannot fork this session".formatted(core.state.spec.agent()),
            "create another session and tell it what it must know");
      }
      SessionState fork =
          new SessionState(core.state.spec, core.state.agentMode, core.state.permissionMode);
      fork.model = core.state.model;
      fork.variant = core.state.variant;
      fork.title = core.state.title;
      fork.forkOf = core.state.nativeId;
      return fork;
    } finally {
      core.lock.unlock();
    }
  }
}
