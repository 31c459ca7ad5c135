package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.InstallProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
    PinnedPackage wanted = wanted(pin);
    return install(
        pin,
        wanted,
        progress,
        (scratch, tree) -> {
          Path tgz = scratch.resolve("package.tgz");
          fetch(pin, wanted, tgz, progress);
          PackageTar.unpack(tgz, tree, "unpack " + pin.title(), progress);
          Files.delete(tgz);
        },
        StartCheck.version());
  }

  /**
   * The directory of the pinned version of an agent that is made of JavaScript packages, installed
   * when it is not there. Node is installed first: {@link Pins#node()}.
   *
   * @throws AgentException {@code install_failed}
   */
  public Path install(JavaScriptPin agent, InstallProgress progress) {
    Path node = install(Pins.node(), progress).resolve(Pins.node().program());
    Pin pin = agent.tree();
    return install(
        pin,
        wanted(pin),
        progress,
        (scratch, tree) ->
            new LockedTree(pin.title(), settings, limits, progress)
                .fill(tree, scratch, agent.packages()),
        agent.check(node));
  }

  private static PinnedPackage wanted(Pin pin) {
    return Platform.choose(pin.packages())
        .orElseThrow(() ->
            InstallFailure.of(
                "there is no %s for %s".formatted(pin.title(), Platform.current()),
                "use one of " + String.join(", ", pin.packages().keySet())));
  }

  /** Puts what was pinned into an empty directory. */
  private interface Filling {
    void fill(Path scratch, Path tree) throws IOException;
  }

  private Path install(
      Pin pin, PinnedPackage wanted, InstallProgress progress, Filling filling, StartCheck check) {
    AgentDirectory directory = AgentDirectory.of(settings, pin);
    if (!progress.anew() && directory.holds(wanted)) {
      return directory.installed();
    }
    try {
      directory.make();
      try (InstallLock lock = InstallLock.take(directory.lock(), pin.title(), progress)) {
        requireNonNull(lock, "lock");
        directory.sweep();
        if (progress.anew() || !directory.holds(wanted)) {
          make(pin, wanted, directory, progress, filling, check);
        }
      }
    } catch (IOException e) {
      throw failure(pin, directory, e);
    }
    return directory.installed();
  }

  /**
   * The directory of the pinned version of an agent made of JavaScript packages, when it is there
   * and Node, too.
   *
   * @throws AgentException {@code install_failed} when what is there cannot be read
   */
  public Optional<Path> installed(JavaScriptPin agent) {
    return installed(Pins.node()).flatMap(node -> installed(agent.tree()));
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

  private static void make(
      Pin pin,
      PinnedPackage wanted,
      AgentDirectory directory,
      InstallProgress progress,
      Filling filling,
      StartCheck check)
      throws IOException {
    Path scratch = directory.scratch();
    try {
      progress.step("%s (licence: %s)".formatted(pin.title(), pin.licence()), 0, -1);
      Path tree = Files.createDirectory(scratch.resolve("tree"));
      filling.fill(scratch, tree);
      progress.step("try " + pin.title(), 0, -1);
      check.run(pin, program(pin, tree), scratch);
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
    try (PackageSource source = new PackageSource(settings, limits)) {
      source.fetch(wanted, tgz, source.verb() + " " + pin.title(), progress);
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
