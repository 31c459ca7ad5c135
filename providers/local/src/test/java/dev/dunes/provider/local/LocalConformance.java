package dev.dunes.provider.local;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.conformance.Feature;
import dev.dunes.sandbox.conformance.SandboxProviderConformance;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The suite every provider passes, as whoever runs the build: root has user ids and cgroups of its
 * own, others have not.
 */
abstract class LocalConformance extends SandboxProviderConformance {
  private final SandboxRuntime runtime;

  LocalConformance(SandboxRuntime runtime) {
    this.runtime = runtime;
  }

  /** A directory of the concrete class. */
  abstract Path state();

  static void prepare(SandboxRuntime runtime, Path state) throws IOException {
    assumeTrue(
        new LocalSandboxProviderFactory().availability(settings(runtime, state)).usable(),
        "provider 'local' cannot be used with runtime '%s' here: see ds doctor"
            .formatted(runtime.program()));
    // passable, because the sandboxes' user ids must get through
    Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx--x--x"));
  }

  private static ProviderSettings settings(SandboxRuntime runtime, Path state) {
    return new ProviderSettings(
        Map.of("state_dir", state.toString(), "runtime", runtime.program()), System.getenv());
  }

  @Override
  protected SandboxProviderFactory factory() {
    return new LocalSandboxProviderFactory();
  }

  @Override
  protected ProviderSettings settings() {
    return settings(runtime, state());
  }

  @Override
  protected Set<Feature> features() {
    return EnumSet.complementOf(EnumSet.of(Feature.OTHER_USERS));
  }

  @Override
  protected List<String> leftovers() {
    List<String> left = new ArrayList<>(names(state().resolve("local")));
    left.addAll(names(state().resolve("snapshots")));
    left.addAll(names(state().resolve("uids")));
    String tag = LocalState.open(state()).tag();
    Cgroups cgroups = CgroupDetection.onThisHost();
    try {
      cgroups.ids(tag).forEach(id -> left.add("cgroup of " + id));
      Files.readAllLines(Path.of("/proc/self/mounts")).stream()
          .filter(line -> line.contains(state().toString()))
          .forEach(left::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return left;
  }

  private static List<String> names(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(Path::toString).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
