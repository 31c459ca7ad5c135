package dev.dunes.agent.drive;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.install.JavaScriptPin;
import dev.dunes.agent.install.Pin;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** The program of an agent that is installed on this machine, and where a sandbox sees it. */
public final class InstalledProgram {
  private static final String MOUNTS = "/opt/dunes/agents/";

  private final Supplier<Pin> pin;
  private final Function<InstallProgress, Path> install;
  private final Supplier<Optional<Path>> installed;

  private InstalledProgram(
      Supplier<Pin> pin,
      Function<InstallProgress, Path> install,
      Supplier<Optional<Path>> installed) {
    this.pin = pin;
    this.install = install;
    this.installed = installed;
  }

  /** The pin is asked for when it is needed first: most agents of a process are never used. */
  public static InstalledProgram of(AgentInstaller installer, Supplier<Pin> pin) {
    requireNonNull(installer, "installer");
    Supplier<Pin> read = new Once<>(pin);
    return new InstalledProgram(
        read,
        progress -> installer.install(read.get(), progress),
        () -> installer.installed(read.get()));
  }

  /** The script of an agent made of JavaScript packages, see {@link JavaScriptProgram}. */
  static InstalledProgram tree(AgentInstaller installer, Supplier<JavaScriptPin> pin) {
    requireNonNull(installer, "installer");
    Supplier<JavaScriptPin> read = new Once<>(pin);
    return new InstalledProgram(
        new Once<>(() -> read.get().tree()),
        progress -> installer.install(read.get(), progress),
        () -> installer.installed(read.get()));
  }

  /** Installs it when it is not there. */
  public AgentPlacement prepare(InstallProgress progress) {
    return placement(install.apply(progress));
  }

  /** Where it is, when it is there. */
  public Optional<AgentPlacement> installed() {
    return installed.get().map(this::placement);
  }

  private AgentPlacement placement(Path directory) {
    return new AgentPlacement(new HostMount(directory, target()), pin.get().version());
  }

  private String target() {
    return MOUNTS + copy();
  }

  private String copy() {
    return pin.get().agent() + "/" + pin.get().version();
  }

  /**
   * The path of the program: shown by a mount, on this very host, or else copied with what belongs
   * to it into the home.
   */
  public String in(Sandbox sandbox, AgentHome home) {
    ShownDirectory directory =
        new ShownDirectory(target(), copy(), () -> install.apply(InstallProgress.SILENT));
    return directory.in(sandbox, home) + "/" + pin.get().program();
  }
}
