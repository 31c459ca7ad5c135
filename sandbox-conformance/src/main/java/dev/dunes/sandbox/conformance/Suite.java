package dev.dunes.sandbox.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * What all topics share: the provider under test and a mark by which everything it made is known
 * again.
 */
final class Suite implements AutoCloseable {
  /** Long enough for a machine under load; only a defect meets it. */
  static final Duration LIMIT = Duration.ofSeconds(30);

  static final String MARK = "DUNES_CONFORMANCE";
  private static final String LABEL = "conformance";
  private static final long POLL_MILLIS = 5;

  private final SandboxProviderFactory factory;
  private final ProviderSettings settings;
  private final Set<Feature> features;
  private final long largeFile;
  private final SandboxProvider provider;
  private final String mark = UUID.randomUUID().toString();

  Suite(
      SandboxProviderFactory factory,
      ProviderSettings settings,
      Set<Feature> features,
      long largeFile) {
    this.factory = factory;
    this.settings = settings;
    this.features = features;
    this.largeFile = largeFile;
    this.provider = factory.open(settings);
  }

  long largeFile() {
    return largeFile;
  }

  SandboxProvider provider() {
    return provider;
  }

  SandboxProviderFactory factory() {
    return factory;
  }

  ProviderSettings settings() {
    return settings;
  }

  /** A provider like the one under test, opened anew. */
  SandboxProvider another() {
    return factory.open(settings);
  }

  void needs(Feature feature) {
    assumeTrue(
        has(feature), () -> "provider '%s' does not claim %s".formatted(factory.name(), feature));
  }

  boolean has(Feature feature) {
    return features.contains(feature);
  }

  /** A specification whose sandboxes are known as this suite's. */
  SandboxSpec.Builder spec() {
    return mark(SandboxSpec.builder()).lifetime(Duration.ofMinutes(10));
  }

  SandboxSpec.Builder mark(SandboxSpec.Builder spec) {
    return spec.env(MARK, mark).label(LABEL, mark);
  }

  Sandbox create() {
    return provider.create(spec().build());
  }

  String mark() {
    return mark;
  }

  Map<String, String> labels() {
    return Map.of(LABEL, mark);
  }

  /** A value nothing else has. */
  static String unique() {
    return UUID.randomUUID().toString().replace("-", "");
  }

  /** Waits for something nobody announces. */
  static void eventually(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as("waited %s for: %s", LIMIT, what).isNegative();
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        throw new AssertionError("interrupted while waiting for: " + what, e);
      }
    }
  }

  @Override
  public void close() {
    provider.close();
  }
}
