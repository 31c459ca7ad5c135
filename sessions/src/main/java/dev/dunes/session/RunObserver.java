package dev.dunes.session;

import java.time.Duration;
import java.time.Instant;

/**
 * Hears what runs do, for metrics and traces. Called on the threads of runs: must be quick; what it
 * throws is logged.
 */
public interface RunObserver {
  /** A part of a run that takes time. */
  enum Phase {
    /** From its acceptance to its last event. */
    QUERY("query"),
    SANDBOX_CREATE("sandbox.create"),
    UPLOAD_FILES("sandbox.upload_files"),
    UPLOAD_SKILLS("sandbox.upload_skills"),
    AGENT_EXECUTE("agent.execute"),
    SANDBOX_CLEANUP("sandbox.cleanup");

    private final String wireName;

    Phase(String wireName) {
      this.wireName = wireName;
    }

    /** Its name in traces. */
    public String wireName() {
      return wireName;
    }
  }

  /** Hears nothing. */
  RunObserver NONE = new RunObserver() {};

  /** A run was accepted. */
  default void started(RunRecord run) {}

  /** A request was refused. */
  default void refused(RunRefusedException.Reason reason) {}

  /** A part of a run is over. */
  default void phase(RunRecord run, Phase phase, Instant began, Duration took) {}

  /** A run's sandbox exists. */
  default void sandboxOpened(RunRecord run, String provider) {}

  /** A run's sandbox is gone, or was given up. */
  default void sandboxClosed(RunRecord run, String provider) {}

  /** A run has ended. */
  default void ended(RunRecord run) {}
}
