package dev.dunes.provider.daytona;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.Set;

/** Opens the provider {@code daytona}. */
public final class DaytonaSandboxProviderFactory implements SandboxProviderFactory {
  static final String NAME = "daytona";
  private static final int ORDER = 10;

  /** For {@link java.util.ServiceLoader}. */
  public DaytonaSandboxProviderFactory() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Containers at Daytona";
  }

  @Override
  public String requirement() {
    return DaytonaSettings.CREDENTIALS;
  }

  @Override
  public String setupHint() {
    return "get a key at https://app.daytona.io/dashboard/keys and export "
        + DaytonaSettings.KEY_VARIABLE
        + "=…";
  }

  @Override
  public int detectionOrder() {
    return ORDER;
  }

  @Override
  public Set<String> settings() {
    return DaytonaSettings.NAMES;
  }

  @Override
  public Availability availability(ProviderSettings settings) {
    return DaytonaSettings.usable(settings)
        ? new Availability(true, "its credentials are set")
        : new Availability(false, DaytonaSettings.KEY_VARIABLE + " is not set");
  }

  @Override
  public SandboxProvider open(ProviderSettings settings) {
    return new DaytonaSandboxProvider(DaytonaSettings.of(settings));
  }
}
