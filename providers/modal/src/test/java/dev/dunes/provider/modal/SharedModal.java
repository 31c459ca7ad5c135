package dev.dunes.provider.modal;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.provider.local.LocalSandboxProviderFactory;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.util.Optional;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One for all tests of a class and of those nested in it; ended after everything else. */
final class SharedModal implements BeforeAllCallback {
  private Optional<FakeModal> fake = Optional.empty();

  @Override
  public void beforeAll(ExtensionContext context) {
    assumeTrue(
        new LocalSandboxProviderFactory().availability(ProviderSettings.system()).usable(),
        "provider 'local' cannot be used here: see ds doctor");
    fake =
        Optional.of(
            context
                .getStore(ExtensionContext.Namespace.create(SharedModal.class))
                .computeIfAbsent("fake", key -> open(), FakeModal.class));
  }

  private static FakeModal open() {
    try {
      return new FakeModal();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  FakeModal get() {
    return fake.orElseThrow();
  }
}
