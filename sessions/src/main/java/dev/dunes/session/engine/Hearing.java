package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.EndReason;
import dev.dunes.agent.AgentEvent.EndedBy;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.sandbox.SecretMask;
import dev.dunes.session.SessionException;
import dev.dunes.session.TurnEnd;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What the agent says becomes events and ends of turns; on the thread that reads it. */
final class Hearing implements AgentWork.Listener {
  /** How many outputs of a turn may be unparseable; more of them say nothing new. */
  private static final int MOST_UNPARSED = 1000;

  private final SessionCore core;
  private final Asking asking;
  private final TurnQueue queue;
  private final Stopping stopping;

  Hearing(SessionCore core, Asking asking, TurnQueue queue, Stopping stopping) {
    this.core = core;
    this.asking = asking;
    this.queue = queue;
    this.stopping = stopping;
  }

  @Override
  public void heard(AgentOutput output) {
    boolean turnEnded = output instanceof AgentOutput.TurnEnded;
    core.guarded(() -> {
      if (core.phase != Phase.OPEN) {
        return;
      }
      core.watch.heard();
      noteNative();
      switch (output) {
        case AgentOutput.Message message -> {
          Optional<byte[]> raw =
              message.raw().length == 0 ? SessionCore.NO_RAW : Optional.of(message.raw());
          message.events().forEach(event -> event(event, raw));
        }
        case AgentOutput.Superseded _ -> {}
        case AgentOutput.Ask ask -> asking.asked(ask.event(), SessionCore.NO_RAW);
        case AgentOutput.TurnEnded ended -> turnEnded(ended.outcome());
        case AgentOutput.Text text ->
            unparsed(
                "a line that is no message",
                Optional.of(
                    JsonMapper.shared().writeValueAsBytes(core.work.mask().apply(text.line()))));
        case AgentOutput.Diagnostics said -> core.stderr.add(said.text());
        case AgentOutput.Dropped dropped ->
            unparsed(
                "a line of %d bytes was dropped".formatted(dropped.bytes()), SessionCore.NO_RAW);
      }
    });
    if (turnEnded) {
      core.work.keepConversation();
      core.guarded(queue::next);
    }
  }

  private void unparsed(String error, Optional<byte[]> raw) {
    if (core.unparsed++ < MOST_UNPARSED) {
      core.write(new AgentEvent.Unparsed(error, "stdout", Optional.empty()), true, raw);
    }
  }

  private void noteNative() {
    if (core.state.nativeId.isEmpty()) {
      core.work
          .agent()
          .flatMap(AgentSession::nativeSessionId)
          .ifPresent(id -> {
            core.state.nativeId = Optional.of(id);
            core.events.nativeId(id);
            core.saveState();
          });
    }
  }

  private void event(AgentEvent event, Optional<byte[]> raw) {
    if (core.phase != Phase.OPEN) {
      return;
    }
    switch (event) {
      case AgentEvent.SessionStarted _ -> {} // ours is the one: sheet 3.1, rule 2
      case AgentEvent.SessionEnded ended -> {
        if (!core.agent.traits().resumable()) {
          stopping.over(ended.reason(), ended.terminatedBy(), null);
        }
      }
      case AgentEvent.ItemStarted _, AgentEvent.ItemDelta _, AgentEvent.ItemCompleted _ -> {
        core.watch.heard(event);
        core.items.accept(event, raw);
      }
      case AgentEvent.Failed failed -> {
        core.write(failed, raw.isEmpty(), raw);
        if (core.running != null) {
          core.running.errorTold = true;
        }
      }
      case AgentEvent.Unparsed output -> core.write(output, true, raw);
      case AgentEvent.Turn _ -> {} // turns are counted here
      case AgentEvent.PermissionRequested _,
          AgentEvent.PermissionResolved _,
          AgentEvent.QuestionRequested _,
          AgentEvent.QuestionResolved _ ->
          asking.asked(event, raw);
    }
  }

  private void turnEnded(TurnOutcome outcome) {
    Turn turn = core.running;
    if (turn == null || core.starting != null) {
      return; // of a turn that nobody asked for
    }
    TurnEnd.Kind kind =
        TurnQueue.kind(turn, outcome.success() ? TurnEnd.Kind.COMPLETED : TurnEnd.Kind.FAILED);
    SessionException problem = null;
    if (kind == TurnEnd.Kind.FAILED) {
      String text = outcome.text().orElse(outcome.reason());
      problem = Problems.stream(text, null, null);
      if (!turn.errorTold) {
        core.writeError(
            text, null, JsonMapper.shared().createObjectNode().put("reason", outcome.reason()));
      }
    }
    queue.end(kind, outcome.reason(), problem, outcome.costUsd());
  }

  @Override
  public void ended(Optional<AgentExit> exit, Optional<RuntimeException> failure) {
    core.guarded(() -> {
      if (core.phase != Phase.OPEN) {
        return;
      }
      if (!core.agent.traits().inProcess()) {
        asking.drop();
      }
      Turn turn = core.running;
      if (turn == null || core.starting != null) {
        return; // the next message opens it again
      }
      if (turn.interrupted || turn.timedOut) {
        queue.end(TurnQueue.kind(turn, TurnEnd.Kind.FAILED), "interrupted", null, 0);
        queue.next();
      } else if (failure.isPresent()) {
        RuntimeException e = failure.get();
        SecretMask mask = core.work.mask();
        core.writeError(mask.apply(Problems.said(e)), null, null);
        queue.end(TurnEnd.Kind.FAILED, "error", Problems.of(core.state.spec.agent(), e, mask), 0);
        queue.next();
      } else {
        crashed(exit.orElseGet(() -> new AgentExit(-1, false)));
      }
    });
  }

  private void crashed(AgentExit exit) {
    int code = exit.code();
    String told = exit.server() ? "server_exit" : "process_exit";
    String said = core.stderr.text();
    ObjectNode details = JsonMapper.shared().createObjectNode();
    details.put("exitCode", code);
    details.put("stderr", said);
    core.writeError(
        "the agent's %s ended with code %d before its turn did%s"
            .formatted(
                exit.server() ? "server" : "process",
                code,
                exit.outOfMemory() ? " (out of memory)" : ""),
        told,
        details);
    SessionException problem = Problems.agentExited(core.state.spec.agent(), code, said);
    if (code == 0) {
      queue.end(TurnEnd.Kind.FAILED, told, problem, 0);
      queue.next();
    } else {
      core.state.exitCode = code;
      core.state.stderr = said;
      stopping.over(EndReason.ERROR, exit.server() ? EndedBy.DAEMON : EndedBy.AGENT, problem);
    }
  }
}
