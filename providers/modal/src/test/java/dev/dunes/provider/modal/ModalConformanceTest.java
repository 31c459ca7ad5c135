package dev.dunes.provider.modal;

import dev.dunes.sandbox.conformance.Feature;
import dev.dunes.sandbox.conformance.SandboxProviderConformance;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The suite every provider passes, through the wire of Modal. */
class ModalConformanceTest extends SandboxProviderConformance {
  @RegisterExtension static final Shared<FakeModal> FAKE = FakeModal.shared();

  @Override
  protected SandboxProviderFactory factory() {
    return new ModalSandboxProviderFactory();
  }

  @Override
  protected ProviderSettings settings() {
    return FAKE.get().settings();
  }

  @Override
  protected Set<Feature> features() {
    return EnumSet.of(
        Feature.ON_THIS_MACHINE,
        Feature.SEEN_BY_OTHER_PROCESSES,
        Feature.DETACHED_COMMANDS,
        Feature.TERMINAL,
        Feature.WATCH,
        Feature.PORTS,
        Feature.FORK,
        Feature.SNAPSHOT,
        Feature.RUNS_WHILE_SAVED);
  }
}
