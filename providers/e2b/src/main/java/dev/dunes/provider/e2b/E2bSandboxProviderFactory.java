package dev.dunes.provider.e2b;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.Set;

/** Opens the provider {@code e2b}. */
public final class E2bSandboxProviderFactory implements SandboxProviderFactory {
  static final String NAME = "e2b";
  private static final int ORDER = 20;

  /** For {@link java.util.ServiceLoader}. */
  public E2bSandboxProviderFactory() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Micro virtual machines at E2B, or at a server that speaks its wire";
  }

  @Override
  public String requirement() {
    return E2bSettings.KEY_VARIABLE;
  }

  @Override
  public String setupHint() {
    return "get a key at https://e2b.dev/dashboard and export " + E2bSettings.KEY_VARIABLE + "=…";
  }

  @Override
  public int detectionOrder() {
    return ORDER;
  }

  @Override
  public Set<String> settings() {
    return E2bSettings.NAMES;
  }

  @Override
  public Availability availability(ProviderSettings settings) {
    return E2bSettings.key(settings).isPresent()
        ? new Availability(true, E2bSettings.KEY_VARIABLE + " is set")
        : new Availability(false, E2bSettings.KEY_VARIABLE + " is not set");
  }

  @Override
  public SandboxProvider open(ProviderSettings settings) {
    return new E2bSandboxProvider(E2bSettings.of(settings));
  }
}
