package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Sandboxes kept ready, in one of two ways: {@link #claim} hands each one out once, fresh, and it is destroyed afterwards;
 * {@link #acquire} and {@link #release} share them between users who trust each other.
 */
public final class SandboxPool implements AutoCloseable {
  public SandboxPool(PoolConfig config) {
    throw new UnsupportedOperationException("SandboxPool(" + config + ")");
  }

  /** Starts the clean-up of old ones. */
  public void start() {
    throw new UnsupportedOperationException("start");
  }

  /** Starts the clean-up of old ones; an eager pool makes {@link PoolConfig#minIdle()} of this kind before it returns. */
  public void start(SandboxProvider provider, SandboxSpec spec) {
    throw new UnsupportedOperationException("start");
  }

  /** Keeps {@link PoolConfig#minIdle()} fresh ones of this kind ready for {@link #claim}, made in the background. */
  public void warm(SandboxProvider provider, SandboxSpec spec) {
    throw new UnsupportedOperationException("warm");
  }

  /** A sandbox nobody has used; closing it ends it as any other. Another is made ready in the background. */
  public Sandbox claim(SandboxProvider provider, SandboxSpec spec) {
    throw new UnsupportedOperationException("claim");
  }

  /** One that may have been used before, until {@link #release}; waits for {@link PoolConfig#acquireTimeout()}. */
  public Sandbox acquire(SandboxProvider provider, SandboxSpec spec) {
    throw new UnsupportedOperationException("acquire");
  }

  /** One that may have been used before, until {@link #release}; zero does not wait. */
  public Sandbox acquire(SandboxProvider provider, SandboxSpec spec, Duration timeout) {
    throw new UnsupportedOperationException("acquire");
  }

  /** Gives one back; false when it is not out. A claimed one is destroyed. */
  public boolean release(String id) {
    throw new UnsupportedOperationException("release");
  }

  /** Destroys one; false when the pool does not hold it. */
  public boolean destroy(String id) {
    throw new UnsupportedOperationException("destroy");
  }

  /** Destroys all it holds, idle and busy. */
  public void clear() {
    throw new UnsupportedOperationException("clear");
  }

  /** Those it holds that carry all these labels; none when no labels are given. */
  public List<Sandbox> findByLabels(Map<String, String> labels) {
    throw new UnsupportedOperationException("findByLabels");
  }

  /** Destroys idle ones that are too old or idle for too long; how many. */
  public int cleanupExpired() {
    throw new UnsupportedOperationException("cleanupExpired");
  }

  public PoolStats stats() {
    throw new UnsupportedOperationException("stats");
  }

  public PoolHealth healthCheck() {
    throw new UnsupportedOperationException("healthCheck");
  }

  /** Asks every sandbox it holds; the ids of those that do not run any more. */
  public List<String> checkHealth() {
    throw new UnsupportedOperationException("checkHealth");
  }

  /** Ends the clean-up and destroys all it holds. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("close");
  }
}
