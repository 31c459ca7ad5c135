package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Makes only so many sandboxes at the same time; others wait in their order of asking. */
final class CreationLimit implements Creation {
  private final Semaphore permits;
  private final int most;
  private final Duration patience;

  CreationLimit(int most, Duration patience) {
    this.permits = new Semaphore(most, true);
    this.most = most;
    this.patience = patience;
  }

  @Override
  public Sandbox make(SandboxProvider provider, SandboxSpec spec) {
    try {
      if (!permits.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new SandboxQuotaException(
            "%d sandboxes are being made and none was done within %s s"
                .formatted(most, patience.toSeconds()),
            ErrorDetails.remedy("try again later, or raise maxConcurrentCreations")
                .withProvider(provider.name()));
      }
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting to make a sandbox", e);
    }
    try {
      return UNLIMITED.make(provider, spec);
    } finally {
      permits.release();
    }
  }
}
