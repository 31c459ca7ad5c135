package dev.dunes.provider.docker;

import dev.dunes.sandbox.conformance.Feature;
import dev.dunes.sandbox.conformance.SandboxProviderConformance;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The suite every provider passes. */
abstract class DockerConformance extends SandboxProviderConformance {
  /** A directory of the concrete class. */
  abstract Path state();

  /** What it is set to besides, in pairs. */
  abstract String[] more();

  @Override
  protected SandboxProviderFactory factory() {
    return new DockerSandboxProviderFactory();
  }

  @Override
  protected ProviderSettings settings() {
    return TestDaemon.settings(state(), more());
  }

  @Override
  protected Set<Feature> features() {
    return EnumSet.complementOf(EnumSet.of(Feature.ASSIGN));
  }

  @Override
  protected List<String> leftovers() {
    List<String> left = new ArrayList<>();
    try (Stream<Path> entries = Files.list(state().resolve("docker"))) {
      entries.map(Path::toString).forEach(left::add);
      String instance = Files.readString(state().resolve("docker-instance"));
      String mine =
          Engine.quote("{\"label\":[\"%s=%s\"]}".formatted(ContainerLabels.INSTANCE, instance));
      Engine engine = TestDaemon.engine();
      engine
          .get("/containers/json?all=true&filters=" + mine)
          .json()
          .forEach(each -> left.add("container " + each.path("Names")));
      engine
          .get("/images/json?all=true&filters=" + mine)
          .json()
          .forEach(each -> left.add("image " + each.path("Id")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return left;
  }
}
