package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;

/** A factory that cannot even say whether it can be used. */
final class BrokenFactory implements SandboxProviderFactory {
  @Override
  public String name() {
    return "broken";
  }

  @Override
  public String description() {
    return "broken";
  }

  @Override
  public String requirement() {
    return "a key";
  }

  @Override
  public String setupHint() {
    return "set a key";
  }

  @Override
  public int detectionOrder() {
    return 1;
  }

  @Override
  public Availability availability(ProviderSettings settings) {
    throw new IllegalStateException("no idea");
  }

  @Override
  public SandboxProvider open(ProviderSettings settings) {
    throw new SandboxAuthenticationException("no key");
  }
}
