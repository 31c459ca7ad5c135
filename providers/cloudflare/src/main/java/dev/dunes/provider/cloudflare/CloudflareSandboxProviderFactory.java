package dev.dunes.provider.cloudflare;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.Set;

/** Opens the provider {@code cloudflare}. */
public final class CloudflareSandboxProviderFactory implements SandboxProviderFactory {
  static final String NAME = "cloudflare";
  private static final int ORDER = 70;

  /** For {@link java.util.ServiceLoader}. */
  public CloudflareSandboxProviderFactory() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Containers at Cloudflare, each in a virtual machine, by way of a Worker of your own";
  }

  @Override
  public String requirement() {
    return CloudflareSettings.CREDENTIALS;
  }

  @Override
  public String setupHint() {
    return "deploy the bridge of the Sandbox SDK, then export %s=https://… and %s=… (its SANDBOX_API_KEY)"
        .formatted(CloudflareSettings.BASE_VARIABLE, CloudflareSettings.TOKEN_VARIABLE);
  }

  @Override
  public int detectionOrder() {
    return ORDER;
  }

  @Override
  public boolean experimental() {
    return true;
  }

  @Override
  public Set<String> settings() {
    return CloudflareSettings.NAMES;
  }

  @Override
  public Availability availability(ProviderSettings settings) {
    return CloudflareSettings.missing(settings)
        .map(name -> new Availability(false, name + " is not set"))
        .orElseGet(() -> new Availability(true, "its credentials are set"));
  }

  @Override
  public SandboxProvider open(ProviderSettings settings) {
    return new CloudflareSandboxProvider(CloudflareSettings.of(settings), settings);
  }
}
