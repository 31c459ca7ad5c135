package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import dev.dunes.sandbox.spi.SandboxProviderFactory.Availability;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The providers of one {@link Sandboxes}: which there are, which can be used, and those that have
 * been opened.
 */
final class ProviderRegistry implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ProviderRegistry.class);

  private final ProviderSettings settings;
  private final Map<String, SandboxProvider> registered;
  private final Map<String, SandboxProviderFactory> factories = new LinkedHashMap<>();

  /** Detection runs once, lazily, without network: what a factory said first stays. */
  private final Map<String, Availability> availability = new ConcurrentHashMap<>();

  private final Map<String, SandboxProvider> opened = new ConcurrentHashMap<>();

  ProviderRegistry(
      ProviderSettings settings,
      Map<String, SandboxProvider> registered,
      List<SandboxProviderFactory> discovered) {
    this.settings = settings;
    this.registered = new LinkedHashMap<>(registered);
    for (SandboxProviderFactory factory : discovered) {
      if (!registered.containsKey(factory.name())) {
        factories.putIfAbsent(factory.name(), factory);
      }
    }
  }

  /** All names: those registered, then those discovered in the order of detection. */
  List<String> names() {
    List<String> names = new ArrayList<>(registered.keySet());
    names.addAll(factories.keySet());
    return names;
  }

  List<String> usable() {
    return names().stream().filter(name -> availability(name).usable()).toList();
  }

  /** The first one registered, in the order in which it was. */
  Optional<String> firstRegistered() {
    return registered.keySet().stream().findFirst();
  }

  /** The first discovered one that can be used and does not want to be named. */
  Optional<String> firstDetected() {
    return factories.values().stream()
        .filter(factory -> factory.detected(settings))
        .map(SandboxProviderFactory::name)
        .filter(name -> availability(name).usable())
        .findFirst();
  }

  Availability availability(String name) {
    if (registered.containsKey(name)) {
      return new Availability(true, "registered by the program");
    }
    SandboxProviderFactory factory = factories.get(name);
    if (factory == null) {
      throw Providers.unknown(name, names());
    }
    return availability.computeIfAbsent(name, n -> ask(factory));
  }

  SandboxProvider open(String name) {
    SandboxProvider known = registered.get(name);
    if (known != null) {
      return known;
    }
    Availability now = availability(name);
    SandboxProviderFactory factory = factories.get(name);
    if (factory == null || !now.usable()) {
      String remedy =
          factory == null ? "" : "it needs " + factory.requirement() + "; " + factory.setupHint();
      throw new ProviderException(
          "Provider '%s' cannot be used: %s".formatted(name, now.reason()),
          ErrorDetails.remedy(remedy).withProvider(name));
    }
    return opened.computeIfAbsent(name, n -> factory.open(settings));
  }

  List<ProviderStatus> statuses() {
    return names().stream().map(this::status).toList();
  }

  private ProviderStatus status(String name) {
    Availability now = availability(name);
    SandboxProviderFactory factory = factories.get(name);
    return factory == null
        ? new ProviderStatus(name, "registered by the program", "", "", false, true, now.reason())
        : new ProviderStatus(
            name,
            factory.description(),
            factory.requirement(),
            factory.setupHint(),
            factory.experimental(),
            now.usable(),
            now.reason());
  }

  private Availability ask(SandboxProviderFactory factory) {
    try {
      Availability answer = factory.availability(settings);
      LOG.debug("provider {}: {} ({})", factory.name(), answer.usable(), answer.reason());
      return answer;
    } catch (RuntimeException e) {
      LOG.debug("provider {} could not say whether it can be used", factory.name(), e);
      return new Availability(false, String.valueOf(e.getMessage()));
    }
  }

  /** Closes what it opened; registered providers belong to whoever registered them. */
  @Override
  public void close() {
    for (String name : List.copyOf(opened.keySet())) {
      SandboxProvider provider = opened.remove(name);
      try {
        if (provider != null) {
          provider.close();
        }
      } catch (RuntimeException e) {
        LOG.warn("could not close provider {}", name, e);
      }
    }
  }
}
