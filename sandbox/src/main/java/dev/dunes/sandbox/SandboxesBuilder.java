package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;

/** Builds {@link Sandboxes}. Not safe for use by several threads. */
public final class SandboxesBuilder {
  SandboxesBuilder() {}

  /** What providers may know; else the environment of this process. */
  public SandboxesBuilder settings(ProviderSettings value) {
    throw new UnsupportedOperationException("settings" + value);
  }

  /** The provider used when none is named; comes before everything else that could choose one. */
  public SandboxesBuilder defaultProvider(String name) {
    throw new UnsupportedOperationException("defaultProvider" + name);
  }

  /** Retry, breaker, pool and limits. */
  public SandboxesBuilder options(ManagerOptions value) {
    throw new UnsupportedOperationException("options" + value);
  }

  /** Whether the providers this program has are used beside the registered ones; yes unless told otherwise. */
  public SandboxesBuilder discover(boolean value) {
    throw new UnsupportedOperationException("discover" + value);
  }

  /** Adds an open provider under a name; the first one added is the default unless one is set. */
  public SandboxesBuilder register(String name, SandboxProvider provider) {
    throw new UnsupportedOperationException("register" + name + provider);
  }

  /** Opens a provider now and adds it under a name. */
  public SandboxesBuilder register(String name, SandboxProviderFactory factory) {
    throw new UnsupportedOperationException("register" + name + factory);
  }

  public Sandboxes build() {
    throw new UnsupportedOperationException("build");
  }
}
