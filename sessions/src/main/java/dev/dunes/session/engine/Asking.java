package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import java.util.Optional;
import java.util.function.Supplier;

/** What the agent asks becomes events, each request resolved once. Used with the session's lock. */
final class Asking {
  private final SessionCore core;
  private final Supplier<Answers> answers;

  /**
   * @param answers who grants what was granted for always
   */
  Asking(SessionCore core, Supplier<Answers> answers) {
    this.core = core;
    this.answers = answers;
  }

  void asked(AgentEvent event, Optional<byte[]> raw) {
    switch (event) {
      case AgentEvent.PermissionRequested permission -> {
        requested(permission, raw);
        if (core.requests.remembered(permission)) {
          Thread.ofVirtual().name("session-always").start(() -> answers.get().always(permission));
        }
      }
      case AgentEvent.QuestionRequested question -> requested(question, raw);
      case AgentEvent.PermissionResolved resolved -> resolved(resolved.permissionId(), resolved);
      case AgentEvent.QuestionResolved resolved -> resolved(resolved.questionId(), resolved);
      default -> throw new IllegalArgumentException("asks nothing: " + event.type());
    }
  }

  private void requested(AgentEvent event, Optional<byte[]> raw) {
    core.requests.add(event);
    core.write(event, false, raw);
    if (core.running != null) {
      core.running.asked(core.events.sequence());
      core.log.wake();
    }
    core.saveState();
  }

  /** With the lock; tells it unless it was told. */
  void resolved(String id, AgentEvent event) {
    if (core.requests.remove(id)) {
      core.write(event, true, SessionCore.NO_RAW);
      core.saveState();
    }
  }

  void drop() {
    for (AgentEvent request : core.requests.all()) {
      AgentEvent dropped = Requests.dropped(request);
      asked(dropped, SessionCore.NO_RAW);
    }
  }
}
