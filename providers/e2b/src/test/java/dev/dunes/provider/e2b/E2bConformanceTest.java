package dev.dunes.provider.e2b;

import dev.dunes.sandbox.conformance.Feature;
import dev.dunes.sandbox.conformance.SandboxProviderConformance;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The suite every provider passes, through the wire of E2B. */
class E2bConformanceTest extends SandboxProviderConformance {
  @RegisterExtension static final Shared<E2bServer> SERVER = E2bServer.shared();

  @Override
  protected SandboxProviderFactory factory() {
    return new E2bSandboxProviderFactory();
  }

  @Override
  protected ProviderSettings settings() {
    return SERVER.get().settings();
  }

  @Override
  protected Set<Feature> features() {
    return EnumSet.of(
        Feature.ON_THIS_MACHINE,
        Feature.SEEN_BY_OTHER_PROCESSES,
        Feature.TERMINAL,
        Feature.WATCH,
        Feature.PORTS,
        Feature.DETACHED_COMMANDS,
        Feature.PAUSE,
        Feature.FORK,
        Feature.SNAPSHOT,
        Feature.RUNS_WHILE_SAVED);
  }
}
