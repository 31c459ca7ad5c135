package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A factory of {@link RecordingProvider}s; as a service its name is {@code recording}. */
public final class FakeFactory implements SandboxProviderFactory {
  final AtomicInteger opened = new AtomicInteger();
  final AtomicInteger asked = new AtomicInteger();
  private final String name;
  private final int order;
  private final Function<ProviderSettings, Availability> availability;
  final RecordingProvider provider;

  /** For {@link java.util.ServiceLoader}. */
  public FakeFactory() {
    this("recording", 5, settings -> new Availability(true, "always there"));
  }

  FakeFactory(String name, int order, Function<ProviderSettings, Availability> availability) {
    this.name = name;
    this.order = order;
    this.availability = availability;
    this.provider = new RecordingProvider(name);
  }

  /** Usable when a variable is set. */
  static FakeFactory needing(String name, int order, String variable) {
    return new FakeFactory(
        name,
        order,
        settings ->
            settings.env(variable).isPresent()
                ? new Availability(true, variable + " is set")
                : new Availability(false, variable + " is not set"));
  }

  static FakeFactory usable(String name, int order) {
    return new FakeFactory(name, order, settings -> new Availability(true, "always there"));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return "sandboxes on paper";
  }

  @Override
  public String requirement() {
    return "nothing";
  }

  @Override
  public String setupHint() {
    return "set nothing";
  }

  @Override
  public int detectionOrder() {
    return order;
  }

  @Override
  public Set<String> settings() {
    return Set.of("recording_key");
  }

  @Override
  public Availability availability(ProviderSettings settings) {
    asked.incrementAndGet();
    return availability.apply(settings);
  }

  @Override
  public SandboxProvider open(ProviderSettings settings) {
    opened.incrementAndGet();
    return provider;
  }
}
