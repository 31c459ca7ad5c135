package dev.dunes.provider.host;

import dev.dunes.sandbox.conformance.Feature;
import dev.dunes.sandbox.conformance.SandboxProviderConformance;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

class HostConformanceTest extends SandboxProviderConformance {
  @TempDir static Path state;

  @Override
  protected SandboxProviderFactory factory() {
    return new HostSandboxProviderFactory();
  }

  @Override
  protected ProviderSettings settings() {
    return new ProviderSettings(Map.of("state_dir", state.toString()), Map.of());
  }

  @Override
  protected Set<Feature> features() {
    Set<Feature> features = EnumSet.complementOf(EnumSet.of(Feature.ASSIGN, Feature.RELAYS));
    if (!"root".equals(System.getProperty("user.name"))) {
      features.remove(Feature.OTHER_USERS);
    }
    return features;
  }

  @Override
  protected List<String> leftovers() {
    try (Stream<Path> all = Files.walk(state.resolve("host"))) {
      return all.map(Path::toString)
          .filter(path -> !path.endsWith("/host") && !path.endsWith("/host/snapshots"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
