package dev.dunes.cli;

import dev.dunes.sandbox.Sandbox;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A sandbox that is let go of in any case, also when the process is told to end. That destroys it
 * if and only if this process made it and it is not to be kept.
 */
final class Hold implements AutoCloseable {
  private final Console console;
  private final Sandbox sandbox;
  private final Interruption.Guard guard;
  private final AtomicBoolean closed = new AtomicBoolean();

  Hold(Console console, Sandbox sandbox) {
    this.console = console;
    this.sandbox = sandbox;
    this.guard = console.interruption().guard(this::letGo);
  }

  Sandbox sandbox() {
    return sandbox;
  }

  private void letGo() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    boolean interrupted = Thread.interrupted(); // cleaning up shall not be cut short
    long start = System.nanoTime();
    try {
      sandbox.close();
      console.explain("let go of the sandbox in " + Elapsed.since(start));
    } catch (RuntimeException e) {
      console.complain(
          "⚠️  sandbox %s at %s was not cleaned up: %s"
              .formatted(
                  Printable.line(sandbox.id()),
                  sandbox.provider(),
                  Printable.line(String.valueOf(e.getMessage()))));
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    guard.close();
  }
}
