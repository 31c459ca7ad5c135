package dev.dunes.session.engine;

import dev.dunes.session.time.Timers;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Closes the sandbox of a session when nothing happens for long. */
final class Resting {
  private final SessionCore core;
  private final Asking asking;
  private Timers.@Nullable Timer restTimer;
  private boolean restSoon;

  Resting(SessionCore core, Asking asking) {
    this.core = core;
    this.asking = asking;
  }

  /** Lets it rest as soon as no turn runs. */
  void soon() {
    core.lock.lock();
    try {
      restSoon = true;
      if (core.running == null && core.phase == Phase.OPEN) {
        schedule();
      }
    } finally {
      core.lock.unlock();
    }
  }

  void schedule() {
    cancel();
    Duration idle = restSoon ? Duration.ofMillis(1) : core.services.limits().get().idle();
    restSoon = false;
    restTimer =
        core.services
            .timers()
            .after(idle, () -> Thread.ofVirtual().name("session-rest").start(this::rest));
  }

  void cancel() {
    if (restTimer != null) {
      restTimer.cancel();
      restTimer = null;
    }
  }

  private void rest() {
    core.lock.lock();
    try {
      if (restTimer == null || core.running != null || core.phase != Phase.OPEN) {
        return;
      }
      restTimer = null;
    } finally {
      core.lock.unlock();
    }
    core.log.rest();
    List<String> lost = core.work.rest(this::idle);
    core.guarded(() -> {
      if (core.phase == Phase.OPEN && core.running == null && core.work.agent().isEmpty()) {
        asking.drop();
      }
      if (!lost.isEmpty() && core.phase == Phase.OPEN) {
        core.writeError(
            "the sandbox was closed because nothing happened; too much was in it to be kept: "
                + String.join(", ", lost),
            "files_lost",
            null);
      }
    });
  }

  private boolean idle() {
    core.lock.lock();
    try {
      return core.running == null && core.phase == Phase.OPEN;
    } finally {
      core.lock.unlock();
    }
  }
}
