package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProvider;

/**
 * A kind of sandbox a {@link SandboxPool} keeps ready.
 *
 * @param forClaims handed out once each, so that used ones do not count
 */
record PoolKind(SandboxProvider provider, SandboxSpec spec, boolean forClaims) {
  boolean counts(PoolEntry entry) {
    return entry.isIdle()
        && (forClaims ? entry.isFresh(provider, spec) : entry.suits(provider, spec));
  }
}
