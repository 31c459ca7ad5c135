package dev.dunes.provider.host;

import dev.dunes.guest.GuestBinary;
import dev.dunes.guest.SandboxStore;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.Set;

/** Opens the provider {@code host}. Never chosen unless it is named. */
public final class HostSandboxProviderFactory implements SandboxProviderFactory {
  static final String NAME = "host";

  /** For {@link java.util.ServiceLoader}. */
  public HostSandboxProviderFactory() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Plain processes on this machine. ISOLATES NOTHING: only for places that are a sandbox already";
  }

  @Override
  public String requirement() {
    return "Linux; naming it explicitly";
  }

  @Override
  public String setupHint() {
    return "name the provider 'host', inside a place that is a sandbox already";
  }

  @Override
  public int detectionOrder() {
    return -1;
  }

  @Override
  public Set<String> settings() {
    return Set.of("state_dir");
  }

  @Override
  public Availability availability(ProviderSettings settings) {
    if (!System.getProperty("os.name", "").equals("Linux")) {
      return new Availability(false, "this is not Linux");
    }
    try {
      GuestBinary.read(GuestBinary.architecture());
      return new Availability(
          true, "plain processes, no isolation; state in " + SandboxStore.stateRoot(settings));
    } catch (SandboxException e) {
      return new Availability(false, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public SandboxProvider open(ProviderSettings settings) {
    return new HostSandboxProvider(SandboxStore.open(settings, NAME));
  }
}
