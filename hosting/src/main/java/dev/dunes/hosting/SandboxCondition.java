package dev.dunes.hosting;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What of a sandbox changes; kept on disk.
 *
 * @param phase what it is doing
 * @param provider where it is
 * @param providerId what it is called there
 * @param snapshot its files, while it is paused to disk
 * @param endAt when its time is over; while it is paused, when it was paused
 * @param remaining what was left of its time when it was paused
 * @param wakes whether the next request ends the pause
 */
record SandboxCondition(
    Phase phase,
    String provider,
    String providerId,
    Optional<String> snapshot,
    Instant endAt,
    Duration remaining,
    boolean wakes) {
  /** What it is doing. */
  enum Phase {
    RUNNING,
    /** Its processes are stopped, not ended. */
    FROZEN,
    /** Its files are kept, its processes are gone. */
    STORED,
    /** Nobody sees it any more; what is left of it is being removed. */
    ENDING
  }

  boolean paused() {
    return phase == Phase.FROZEN || phase == Phase.STORED;
  }

  static SandboxCondition running(String provider, String providerId, Instant endAt) {
    return new SandboxCondition(
        Phase.RUNNING, provider, providerId, Optional.empty(), endAt, Duration.ZERO, false);
  }

  SandboxCondition until(Instant end) {
    return new SandboxCondition(phase, provider, providerId, snapshot, end, remaining, wakes);
  }

  SandboxCondition withRemaining(Duration left) {
    return new SandboxCondition(phase, provider, providerId, snapshot, endAt, left, wakes);
  }

  SandboxCondition frozen(Instant now, Duration left, boolean wakesByItself) {
    return new SandboxCondition(
        Phase.FROZEN, provider, providerId, Optional.empty(), now, left, wakesByItself);
  }

  SandboxCondition stored(String saved, Instant now, Duration left, boolean wakesByItself) {
    return new SandboxCondition(
        Phase.STORED, provider, providerId, Optional.of(saved), now, left, wakesByItself);
  }

  SandboxCondition ending() {
    return new SandboxCondition(
        Phase.ENDING, provider, providerId, snapshot, endAt, remaining, false);
  }
}
