package dev.dunes.cli;

import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.time.Duration;
import java.time.Instant;

/** How long sandboxes live. */
final class Lifetime {
  /** Of one that is kept, or that a shell is open in: an hour, which every provider allows. */
  static final int KEPT_SECONDS = 3600;

  /** What is left for getting ready and cleaning up, beside the command's own time. */
  static final Duration MARGIN = Duration.ofSeconds(60);

  private static final int LONGEST_SECONDS = 365 * 24 * 3600 - 60;

  private Lifetime() {}

  /** A number of seconds given with an option. */
  static Duration seconds(String option, int value) {
    if (value < 1 || value > LONGEST_SECONDS) {
      throw Failure.usage(
          "%s: '%d' cannot be used; use a number of seconds from 1 to %d"
              .formatted(option, value, LONGEST_SECONDS),
          "");
    }
    return Duration.ofSeconds(value);
  }

  static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  /**
   * Lets a sandbox live at least so long from now on; never shorter than it would. Not all
   * providers can.
   */
  static void extend(Console console, Sandbox sandbox, Duration atLeast) {
    try {
      Instant wanted = Instant.now().plus(atLeast);
      // A new sandbox has lost some milliseconds of its lifetime already.
      boolean tooSoon =
          sandbox.deadline().filter(d -> d.isBefore(wanted.minusSeconds(5))).isPresent();
      if (tooSoon) {
        sandbox.renew(atLeast);
      }
    } catch (SandboxInterruptedException e) {
      throw e;
    } catch (SandboxException e) {
      console.explain("the sandbox's lifetime could not be extended: " + e.getMessage());
    }
  }
}
