package dev.dunes.provider.local.abuse;

import dev.dunes.provider.local.LocalSandboxProviderFactory;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.ObjectMapper;

/**
 * A place to attempt things in: a directory that anyone may pass through, a provider with its state
 * in it, and the probes, on both sides of the fence. Closing it removes everything.
 */
final class Ground implements AutoCloseable {
  static final String PYTHON = "/usr/bin/python3";

  /** In the arguments of a process, or the name of a file: nothing else on the machine has it. */
  final String marker = "dunes-abuse-" + UUID.randomUUID();

  private static final String PROBE = "/tmp/probe.py";
  private static final long EVENTUALLY_NANOS = Duration.ofSeconds(20).toNanos();
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path base;
  private final String runtime;
  private final Path state;
  private final SandboxProvider provider;

  private Ground(Path base, String runtime) {
    this.base = base;
    this.runtime = runtime;
    this.state = base.resolve("s");
    this.provider = another();
  }

  /** Skips the test where sandboxes or probes cannot run. */
  static Ground open() {
    return open("bwrap");
  }

  /**
   * The same with sandboxes of another runtime.
   *
   * @param runtime what builds them
   */
  static Ground open(String runtime) {
    SandboxProviderFactoryReason reason = SandboxProviderFactoryReason.of(runtime);
    Assumptions.assumeTrue(reason.usable(), reason.text());
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of(PYTHON)), "skipped: the probes need " + PYTHON);
    try {
      Path base = Files.createTempDirectory(Path.of("/tmp"), "dunes-test-");
      Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwx--x--x"));
      try (InputStream probe =
          Objects.requireNonNull(Ground.class.getResourceAsStream("probe.py"))) {
        Files.copy(probe, base.resolve("probe.py"));
      }
      return new Ground(base, runtime);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private record SandboxProviderFactoryReason(boolean usable, String text) {
    static SandboxProviderFactoryReason of(String runtime) {
      var available =
          new LocalSandboxProviderFactory()
              .availability(new ProviderSettings(Map.of("runtime", runtime), System.getenv()));
      return new SandboxProviderFactoryReason(available.usable(), "skipped: " + available.reason());
    }
  }

  static boolean root() {
    return uid() == 0;
  }

  static int uid() {
    try {
      return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static void assumeRoot() {
    Assumptions.assumeTrue(root(), "skipped: needs root");
  }

  Path base() {
    return base;
  }

  Path state() {
    return state;
  }

  SandboxProvider provider() {
    return provider;
  }

  /** A second provider over the same state, as another program of the user has. */
  SandboxProvider another() {
    return new LocalSandboxProviderFactory()
        .open(
            new ProviderSettings(
                Map.of("state_dir", state.toString(), "runtime", runtime), System.getenv()));
  }

  /** Everything of one sandbox on the host. */
  Path directory(Sandbox sandbox) {
    return state.resolve("local").resolve(sandbox.id());
  }

  /** What a sandbox has written to a place, as the host sees it. */
  Path upper(Sandbox sandbox, String place) {
    return directory(sandbox).resolve("upper").resolve(place);
  }

  Sandbox create() {
    return create(SandboxSpec.builder());
  }

  Sandbox create(SandboxSpec.Builder spec) {
    Sandbox sandbox = provider.create(spec.lifetime(Duration.ofMinutes(10)).build());
    equip(sandbox);
    return sandbox;
  }

  /** Brings the probes into a sandbox. */
  void equip(Sandbox sandbox) {
    sandbox.files().write(PROBE, probe());
  }

  private byte[] probe() {
    try {
      return Files.readAllBytes(base.resolve("probe.py"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Attempts things in a sandbox. */
  Map<String, Answer> inside(Sandbox sandbox, Map<String, ?> settings, List<String> probes) {
    return Answer.parse(said(sandbox.exec(Command.of(command(PROBE, settings, probes)))));
  }

  /**
   * Attempts them on the host.
   *
   * @param prefix a program that runs what follows it, such as {@code unshare}
   */
  Map<String, Answer> outside(List<String> prefix, Map<String, ?> settings, List<String> probes) {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(List.of(command(base.resolve("probe.py").toString(), settings, probes)));
    return Answer.parse(run(command));
  }

  /** Starts the other end of the attempts to connect. */
  Process listener(Map<String, ?> settings, Map<String, String> environment) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                command(
                    base.resolve("probe.py").toString(),
                    settings,
                    List.of("listen_abstract", marker))));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    if (process.inputReader().readLine() == null) {
      throw new IOException("the listener did not start");
    }
    return process;
  }

  private static String[] command(String probe, Map<String, ?> settings, List<String> probes) {
    List<String> command =
        new ArrayList<>(List.of(PYTHON, "-I", probe, JSON.writeValueAsString(settings)));
    command.addAll(probes);
    return command.toArray(String[]::new);
  }

  static String said(ExecResult result) {
    if (!result.success()) {
      throw new AssertionError("%s%n%s%n%s".formatted(result, result.stdout(), result.stderr()));
    }
    return result.stdout();
  }

  /** Runs a program on the host with an empty environment; its standard output. */
  static String run(List<String> command) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().clear();
      builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
      builder.environment().put("LC_ALL", "C.UTF-8");
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      return output;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs what follows under another user id, without any capability. */
  static List<String> as(int uid) {
    return List.of(
        "setpriv",
        "--reuid",
        Integer.toString(uid),
        "--regid",
        Integer.toString(uid),
        "--clear-groups",
        "--inh-caps=-all");
  }

  /** Waits for something that other processes bring about. */
  static void eventually(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + EVENTUALLY_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("never: " + what);
      }
      LockSupport.parkNanos(2_000_000);
    }
  }

  @Override
  public void close() {
    provider.close();
    for (var left :
        state().toFile().exists()
            ? provider.list(Map.of())
            : List.<dev.dunes.sandbox.SandboxInfo>of()) {
      provider.destroy(left.id());
    }
    run(List.of("rm", "-rf", "--one-file-system", base.toString()));
    if (Files.exists(base)) {
      throw new AssertionError("left behind: " + base);
    }
  }
}
