package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How often a stream that breaks is followed again: five times in a row, with ever longer pauses. A
 * stream that brought something, or lasted for half a minute, begins a new row: a command may run
 * for days on a line that is cut every few minutes. Used by one thread.
 */
public final class Reattachments {
  private static final int MOST = 5;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LASTED = Duration.ofSeconds(30);

  private int inARow;
  private long since = System.nanoTime();

  public Reattachments() {}

  /** Something came. */
  public void progressed() {
    inARow = 0;
  }

  /** Whether it is worth it once more; pauses first, but not before the first time of a row. */
  public boolean again() {
    if (System.nanoTime() - since > LASTED.toNanos()) {
      inARow = 0;
    }
    if (inARow == MOST) {
      return false;
    }
    try {
      TimeUnit.NANOSECONDS.sleep(inARow == 0 ? 0 : FIRST_PAUSE.toNanos() << (inARow - 1));
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("following a command", e);
    }
    inARow++;
    since = System.nanoTime();
    return true;
  }
}
