package dev.dunes.provider.vercel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.provider.local.LocalSandboxProviderFactory;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.util.Optional;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One for all tests of a class and of those nested in it; ended after everything else. */
final class SharedVercel implements BeforeAllCallback {
  private Optional<FakeVercel> fake = Optional.empty();

  @Override
  public void beforeAll(ExtensionContext context) {
    assumeTrue(
        new LocalSandboxProviderFactory().availability(ProviderSettings.system()).usable(),
        "provider 'local' cannot be used here: see ds doctor");
    fake =
        Optional.of(
            context
                .getStore(ExtensionContext.Namespace.create(SharedVercel.class))
                .computeIfAbsent("fake", key -> open(), FakeVercel.class));
  }

  private static FakeVercel open() {
    try {
      return new FakeVercel();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  FakeVercel get() {
    return fake.orElseThrow();
  }
}
