package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * How a command ended.
 *
 * @param exitCode the exit code; 128 + n when signal n killed it; −1 when it timed out
 * @param signal the signal that killed it
 * @param timedOut its own timeout ended it (it and all its descendants were killed)
 * @param outOfMemory the sandbox's memory limit killed a process while it ran and it died by
 *     SIGKILL
 * @param duration from its start to its end
 */
public record CommandExit(
    int exitCode, OptionalInt signal, boolean timedOut, boolean outOfMemory, Duration duration) {
  public CommandExit {
    requireNonNull(signal, "signal");
    requireNonNull(duration, "duration");
  }

  /** Exit code 0 and not timed out. */
  public boolean success() {
    return exitCode == 0 && !timedOut;
  }
}
