package dev.dunes.sandbox;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A sandbox a pool made ahead of need and handed out for good. */
final class ClaimedSandbox extends ForwardingSandbox {
  private final SandboxPool pool;
  private final PoolEntry entry;
  private final Optional<Thread> renewal;
  private final AtomicBoolean gone = new AtomicBoolean();

  /**
   * @param renewal sets its deadline as if it had been made now; runs beside the first use, since
   *     claims must be fast
   */
  ClaimedSandbox(SandboxPool pool, PoolEntry entry, Optional<Thread> renewal) {
    super(entry.sandbox);
    this.pool = pool;
    this.entry = entry;
    this.renewal = renewal;
  }

  @Override
  public SandboxSpec spec() {
    return entry.spec;
  }

  /** None: the pool would lose sight of it. */
  @Override
  public Optional<Assigning> assigning() {
    return Optional.empty();
  }

  @Override
  public SandboxInfo info() {
    renewal.ifPresent(Threads::join);
    return super.info();
  }

  @Override
  public Optional<Instant> deadline() {
    renewal.ifPresent(Threads::join);
    return super.deadline();
  }

  @Override
  public void renew(Duration lifetime) {
    renewal.ifPresent(Threads::join);
    super.renew(lifetime);
  }

  @Override
  public boolean destroy() {
    return gone.compareAndSet(false, true) ? pool.retire(entry) : super.destroy();
  }

  @Override
  public void close() {
    if (!gone.compareAndSet(false, true)) {
      super.close();
    } else if (entry.spec.detached()) {
      pool.letGo(entry);
      super.close();
    } else {
      pool.retire(entry);
    }
  }
}
