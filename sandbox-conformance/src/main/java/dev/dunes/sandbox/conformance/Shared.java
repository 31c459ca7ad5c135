package dev.dunes.sandbox.conformance;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * An imitated vendor, for all tests of a class and of those nested in it; it is ended after
 * everything else. Its sandboxes are another provider's: where that one cannot be used, the tests
 * are skipped. For a static field with {@code @RegisterExtension}.
 */
public final class Shared<T extends AutoCloseable> implements BeforeAllCallback {
  private final Class<T> type;
  private final SandboxProviderFactory sandboxes;
  private final Callable<T> opening;
  private Optional<T> one = Optional.empty();

  /**
   * @param type of what is shared
   * @param sandboxes whose sandboxes it gives out
   * @param opening makes it, once the tests are known to run
   */
  public Shared(Class<T> type, SandboxProviderFactory sandboxes, Callable<T> opening) {
    this.type = requireNonNull(type, "type");
    this.sandboxes = requireNonNull(sandboxes, "sandboxes");
    this.opening = requireNonNull(opening, "opening");
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    assumeTrue(
        sandboxes.availability(ProviderSettings.system()).usable(),
        () -> "provider '%s' cannot be used here: see ds doctor".formatted(sandboxes.name()));
    one =
        Optional.of(
            context
                .getStore(ExtensionContext.Namespace.create(Shared.class))
                .computeIfAbsent(type, key -> open(), type));
  }

  private T open() {
    try {
      return opening.call();
    } catch (RuntimeException e) { // also when it says that it cannot run here
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("%s cannot be started".formatted(type.getSimpleName()), e);
    }
  }

  /** What is shared, while tests run. */
  public T get() {
    return one.orElseThrow();
  }
}
