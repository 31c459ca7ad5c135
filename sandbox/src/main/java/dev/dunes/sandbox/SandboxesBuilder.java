package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Builds {@link Sandboxes}. Not safe for use by several threads. */
public final class SandboxesBuilder {
  ProviderSettings settings = ProviderSettings.system();
  Optional<String> defaultProvider = Optional.empty();
  ManagerOptions options = ManagerOptions.DEFAULT;
  final Map<String, SandboxProvider> registered = new LinkedHashMap<>();
  List<SandboxProviderFactory> factories = Providers.factories();
  TimeSource time = TimeSource.SYSTEM;

  SandboxesBuilder() {}

  /**
   * What providers may know; else the environment of this process. Applies to what is registered
   * after it.
   */
  public SandboxesBuilder settings(ProviderSettings value) {
    settings = requireNonNull(value, "value");
    return this;
  }

  /** The provider used when none is named; comes before everything else that could choose one. */
  public SandboxesBuilder defaultProvider(String name) {
    defaultProvider = Optional.of(name);
    return this;
  }

  /** Retry, breaker, pool and limits. */
  public SandboxesBuilder options(ManagerOptions value) {
    options = requireNonNull(value, "value");
    return this;
  }

  /**
   * The providers there are beside the registered ones; else those this program has, see {@link
   * Providers}.
   */
  public SandboxesBuilder factories(List<SandboxProviderFactory> value) {
    factories = Providers.inOrder(value);
    return this;
  }

  /**
   * Adds an open provider under a name; the first one added is the default unless one is set. It
   * stays the caller's: {@link Sandboxes#close} does not close it.
   */
  public SandboxesBuilder register(String name, SandboxProvider provider) {
    registered.put(requireNonNull(name, "name"), requireNonNull(provider, "provider"));
    return this;
  }

  /**
   * Opens a provider now and adds it under a name.
   *
   * @throws ProviderException {@code Failed to register provider <name>: <cause>}
   */
  public SandboxesBuilder register(String name, SandboxProviderFactory factory) {
    requireNonNull(name, "name");
    try {
      return register(name, factory.open(settings));
    } catch (SandboxInterruptedException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new ProviderException(
          "Failed to register provider %s: %s".formatted(name, e.getMessage()),
          ErrorDetails.cause(e)
              .withProvider(name)
              .withRemedy("it needs " + factory.requirement() + "; " + factory.setupHint()));
    }
  }

  SandboxesBuilder time(TimeSource source) {
    time = source;
    return this;
  }

  public Sandboxes build() {
    return new Sandboxes(this);
  }
}
