package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.InstallProgress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/**
 * Installs agents: download, check, unpack, try, and only then rename into place. Whoever comes
 * second waits for the first. A failure leaves what was there as it was and nothing else; what a
 * killed installer left is removed by the next one. Other versions are left alone.
 */
public final class AgentInstaller {
  private final AgentSettings settings;
  private final RegistryClient.Limits limits;

  public AgentInstaller(AgentSettings settings) {
    this(settings, RegistryClient.Limits.USUAL);
  }

  AgentInstaller(AgentSettings settings, RegistryClient.Limits limits) {
    this.settings = requireNonNull(settings, "settings");
    this.limits = requireNonNull(limits, "limits");
  }

  /**
   * The directory of the pinned version, installed when it is not there.
   *
   * @throws AgentException {@code install_failed}
   */
  public Path install(Pin pin, InstallProgress progress) {
    PinnedPackage wanted =
        Platform.choose(pin.packages())
            .orElseThrow(() ->
                InstallFailure.of(
                    "there is no %s for %s".formatted(pin.title(), Platform.current()),
                    "use one of " + String.join(", ", pin.packages().keySet())));
    AgentDirectory directory = AgentDirectory.of(settings, pin);
    if (directory.holds(wanted)) {
      return directory.installed();
    }
    try {
      directory.make();
      try (InstallLock lock = InstallLock.take(directory.lock(), pin.title(), progress)) {
        requireNonNull(lock, "lock");
        directory.sweep();
        if (!directory.holds(wanted)) {
          install(pin, wanted, directory, progress);
        }
      }
    } catch (IOException e) {
      throw failure(pin, directory, e);
    }
    return directory.installed();
  }

  /**
   * The directory of the pinned version, when it is there.
   *
   * @throws AgentException {@code install_failed} when what is there cannot be read
   */
  public Optional<Path> installed(Pin pin) {
    AgentDirectory directory = AgentDirectory.of(settings, pin);
    return Platform.choose(pin.packages())
        .filter(directory::holds)
        .map(wanted -> directory.installed());
  }

  private void install(
      Pin pin, PinnedPackage wanted, AgentDirectory directory, InstallProgress progress)
      throws IOException {
    Path scratch = directory.scratch();
    try {
      Path tgz = scratch.resolve("package.tgz");
      progress.step("%s (licence: %s)".formatted(pin.title(), pin.licence()), 0, -1);
      fetch(pin, wanted, tgz, progress);
      Path tree = Files.createDirectory(scratch.resolve("tree"));
      PackageTar.unpack(tgz, tree, "unpack " + pin.title(), progress);
      Files.delete(tgz);
      progress.step("try " + pin.title(), 0, -1);
      StartCheck.run(pin, program(pin, tree), scratch);
      directory.commit(tree, wanted, scratch);
    } finally {
      AgentDirectory.removeTree(scratch);
    }
  }

  private static Path program(Pin pin, Path tree) throws IOException {
    Path program = tree.resolve(pin.program());
    if (!Files.isRegularFile(program)) {
      throw InstallFailure.of(
          "the package of %s holds no '%s'".formatted(pin.title(), pin.program()),
          "report it to who publishes the package; nothing was installed");
    }
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return program;
  }

  private void fetch(Pin pin, PinnedPackage wanted, Path tgz, InstallProgress progress)
      throws IOException {
    Optional<String> offline = settings.variable("DUNES_AGENTS_OFFLINE");
    String step = (offline.isPresent() ? "copy " : "download ") + pin.title();
    if (offline.isPresent()) {
      copy(Path.of(offline.get()), wanted, tgz, step, progress);
      return;
    }
    Registry registry = Registry.forPackage(wanted.name(), settings);
    try (RegistryClient client = new RegistryClient(registry, settings, limits)) {
      client.download(wanted, tgz, step, progress);
    }
  }

  private static void copy(
      Path directory, PinnedPackage wanted, Path tgz, String step, InstallProgress progress)
      throws IOException {
    Path source =
        List.of(wanted.packedName(), wanted.tarballName()).stream()
            .map(directory::resolve)
            .filter(Files::isRegularFile)
            .findFirst()
            .orElseThrow(() ->
                InstallFailure.of(
                    "%s has no %s".formatted(directory, wanted.packedName()),
                    "run 'npm pack %s' there, or unset DUNES_AGENTS_OFFLINE".formatted(wanted)));
    try (InputStream in = Files.newInputStream(source)) {
      Downloaded.write(in, Files.size(source), tgz, wanted, step, progress);
    }
  }

  private static AgentException failure(Pin pin, AgentDirectory directory, IOException e) {
    if (DiskFull.is(e)) {
      return DiskFull.failure(pin.title(), e);
    }
    return InstallFailure.of(
        "cannot install %s in %s: %s".formatted(pin.title(), directory.installed(), e),
        "make the directory writable, or let DUNES_AGENTS name another",
        e);
  }
}
