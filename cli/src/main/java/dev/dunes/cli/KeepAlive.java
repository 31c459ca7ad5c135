package dev.dunes.cli;

import dev.dunes.sandbox.Sandbox;
import java.time.Duration;

/** Keeps a sandbox from reaching its deadline while somebody works in it. */
final class KeepAlive implements AutoCloseable {
  private static final Duration ALWAYS_LEFT = Duration.ofSeconds(Lifetime.KEPT_SECONDS);
  private static final Duration PERIOD = ALWAYS_LEFT.dividedBy(4);

  private final Thread thread;

  private KeepAlive(Thread thread) {
    this.thread = thread;
  }

  static KeepAlive start(Console console, Sandbox sandbox) {
    return new KeepAlive(
        Thread.ofPlatform().daemon().name("keep-alive").start(() -> keep(console, sandbox)));
  }

  private static void keep(Console console, Sandbox sandbox) {
    try {
      while (true) {
        Thread.sleep(PERIOD);
        Lifetime.extend(console, sandbox, ALWAYS_LEFT);
      }
    } catch (InterruptedException e) {
      // nobody works in it any more
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
