package dev.dunes.provider.cloudflare;

import dev.dunes.sandbox.conformance.Feature;
import dev.dunes.sandbox.conformance.SandboxProviderConformance;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The suite every provider passes, through the bridge as Cloudflare publishes it. */
class CloudflareConformanceTest extends SandboxProviderConformance {
  @RegisterExtension static final Shared<Bridge> BRIDGE = Bridge.shared();

  @Override
  protected SandboxProviderFactory factory() {
    return new CloudflareSandboxProviderFactory();
  }

  @Override
  protected ProviderSettings settings() {
    return BRIDGE.get().settings();
  }

  @Override
  protected Set<Feature> features() {
    return EnumSet.of(
        Feature.ON_THIS_MACHINE,
        Feature.SEEN_BY_OTHER_PROCESSES,
        Feature.TERMINAL,
        Feature.DETACHED_COMMANDS,
        Feature.WATCH,
        Feature.PORTS);
  }

  /** Here it is copied by JavaScript three times, as text. */
  @Override
  protected long largeFile() {
    return 128 << 20;
  }

  @Override
  protected List<String> leftovers() {
    return BRIDGE.get().containers().running.keySet().stream().sorted().toList();
  }
}
