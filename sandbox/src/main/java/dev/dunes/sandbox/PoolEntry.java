package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;

/** A sandbox a {@link SandboxPool} holds. What changes is guarded by the pool's lock. */
final class PoolEntry {
  final Sandbox sandbox;
  final SandboxProvider provider;
  final SandboxSpec spec;
  final long createdAt;
  long lastUsed;
  long livesUntil;
  boolean busy;

  /** Nobody has had it yet. */
  boolean fresh = true;

  /** Whoever has it is the only one who ever will. */
  boolean claimed;

  boolean healthy = true;

  /**
   * @param spec what was asked for
   * @param lifetime how long it really lives
   */
  PoolEntry(
      Sandbox sandbox, SandboxProvider provider, SandboxSpec spec, Duration lifetime, long now) {
    this.sandbox = sandbox;
    this.provider = provider;
    this.spec = spec;
    this.createdAt = now;
    this.lastUsed = now;
    this.livesUntil = now + lifetime.toNanos();
  }

  /** Whether it may serve somebody who asks for this and does not mind that it was used. */
  boolean suits(SandboxProvider wanted, SandboxSpec asked) {
    return provider == wanted && carries(asked) && sameButLabels(asked);
  }

  /** Whether it is exactly what is asked for and nobody has had it. */
  boolean isFresh(SandboxProvider wanted, SandboxSpec asked) {
    return fresh && provider == wanted && spec.equals(asked);
  }

  /** Hands it out until it is given back. */
  void use(long now) {
    busy = true;
    fresh = false;
    lastUsed = now;
  }

  /** Hands it out for good. */
  void claim() {
    busy = true;
    fresh = false;
    claimed = true;
  }

  boolean isIdle() {
    return !busy;
  }

  boolean isWorn(PoolConfig config, long now) {
    return !healthy || now - createdAt > config.sandboxTtl().toNanos() || now - livesUntil >= 0;
  }

  boolean isExpired(PoolConfig config, long now) {
    return isWorn(config, now) || now - lastUsed > config.idleTimeout().toNanos();
  }

  /** Labels ask for more of the same; without labels only an equal specification will do. */
  private boolean carries(SandboxSpec asked) {
    return asked.labels().isEmpty()
        ? spec.labels().isEmpty()
        : spec.labels().entrySet().containsAll(asked.labels().entrySet());
  }

  /**
   * Image, limits, environment, isolation: a sandbox that differs in any of them is another one.
   */
  private boolean sameButLabels(SandboxSpec asked) {
    return asked.toBuilder().labels(spec.labels()).build().equals(spec);
  }
}
