package dev.dunes.sandbox;

/** When a {@link SandboxPool} makes sandboxes. */
public enum PoolStrategy {
  /** From the start, as soon as it knows what for: keeps {@link PoolConfig#minIdle()} ready. */
  EAGER,
  /** When one is asked for. */
  LAZY,
  /** When one is asked for; from then on keeps {@link PoolConfig#minIdle()} of that kind ready. */
  HYBRID
}
