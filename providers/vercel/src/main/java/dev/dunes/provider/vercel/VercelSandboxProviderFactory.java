package dev.dunes.provider.vercel;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.List;
import java.util.Set;

/** Opens the provider {@code vercel}. */
public final class VercelSandboxProviderFactory implements SandboxProviderFactory {
  static final String NAME = "vercel";
  private static final int ORDER = 50;

  /** For {@link java.util.ServiceLoader}. */
  public VercelSandboxProviderFactory() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Virtual machines at Vercel";
  }

  @Override
  public String requirement() {
    return VercelSettings.CREDENTIALS;
  }

  @Override
  public String setupHint() {
    return "make a token at https://vercel.com/account/tokens and export "
        + VercelSettings.CREDENTIALS;
  }

  @Override
  public int detectionOrder() {
    return ORDER;
  }

  @Override
  public Set<String> settings() {
    return VercelSettings.NAMES;
  }

  @Override
  public Availability availability(ProviderSettings settings) {
    List<String> missing = VercelSettings.missing(settings);
    return missing.isEmpty()
        ? new Availability(true, "its credentials are set")
        : new Availability(false, String.join(", ", missing) + " not set");
  }

  @Override
  public SandboxProvider open(ProviderSettings settings) {
    return new VercelSandboxProvider(VercelSettings.of(settings));
  }
}
