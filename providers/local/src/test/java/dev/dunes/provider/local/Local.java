package dev.dunes.provider.local;

import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory.Availability;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;

/** A provider with a state directory of its own. Closing it checks that nothing is left. */
final class Local implements AutoCloseable {
  private static final long EVENTUALLY_NANOS = Duration.ofSeconds(20).toNanos();

  final Path base;
  final Path state;
  final SandboxProvider provider;

  private Local(Path base, Map<String, String> settings) {
    this.base = base;
    this.state = base.resolve("s");
    this.provider = another(settings);
  }

  static Local open() {
    return open(Map.of());
  }

  /** Skips the test where sandboxes cannot be made. */
  static Local open(Map<String, String> settings) {
    Availability available =
        new LocalSandboxProviderFactory().availability(ProviderSettings.system());
    Assumptions.assumeTrue(available.usable(), "skipped: " + available.reason());
    return new Local(temporary(), settings);
  }

  /** A directory that every user may pass through. */
  static Path temporary() {
    try {
      Path base = Files.createTempDirectory(Path.of("/tmp"), "dunes-");
      Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwx--x--x"));
      return base;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static boolean root() {
    try {
      return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void assumeRoot() {
    Assumptions.assumeTrue(root(), "skipped: needs root");
  }

  /** A second provider over the same state, as another program of the user has. */
  SandboxProvider another(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("state_dir", state.toString());
    return new LocalSandboxProviderFactory().open(new ProviderSettings(all, System.getenv()));
  }

  SandboxProvider another() {
    return another(Map.of());
  }

  Sandbox create() {
    return create(SandboxSpec.builder());
  }

  Sandbox create(SandboxSpec.Builder spec) {
    return provider.create(spec.lifetime(Duration.ofMinutes(10)).build());
  }

  Path directory(String id) {
    return state.resolve("local").resolve(id);
  }

  /** Runs a line that must succeed; what it said. */
  static String sh(Sandbox sandbox, String line) {
    ExecResult result = sandbox.exec(line);
    if (!result.success()) {
      throw new AssertionError("%s%n%s%n%s".formatted(result, result.stdout(), result.stderr()));
    }
    return result.stdout().strip();
  }

  /** Runs a program of the host that must succeed; what it said. */
  static String run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new AssertionError(String.join(" ", command) + ": " + said);
      }
      return said;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits for something that other processes bring about. */
  static void eventually(String what, Callable<Boolean> condition) {
    long deadline = System.nanoTime() + EVENTUALLY_NANOS;
    try {
      while (!condition.call()) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("never: " + what);
        }
        LockSupport.parkNanos(2_000_000);
      }
    } catch (Exception e) {
      throw new AssertionError(what, e);
    }
  }

  /** What there is besides the sandboxes' directories: leases and control groups. */
  List<String> traces() {
    try {
      List<String> found = new java.util.ArrayList<>();
      for (String directory : List.of("local", "uids")) {
        try (var entries = Files.newDirectoryStream(state.resolve(directory))) {
          entries.forEach(entry -> found.add(entry.toString()));
        }
      }
      Cgroups cgroups = CgroupDetection.onThisHost();
      cgroups.ids(LocalState.open(state).tag()).forEach(id -> found.add("cgroup of " + id));
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    provider.close();
    try (SandboxProvider last = another()) {
      for (SandboxInfo left : last.list(Map.of())) {
        last.destroy(left.id());
      }
      for (SnapshotRecord snapshot : SnapshotRecord.all(state.resolve("snapshots"))) {
        snapshot.markDeleted();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    another().close(); // its first pass collects
    List<String> traces = traces();
    run("rm", "-rf", "--one-file-system", base.toString());
    if (!traces.isEmpty()) {
      throw new AssertionError("left behind: " + traces);
    }
  }
}
