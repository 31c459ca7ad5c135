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

  private final Pin pin;
  private final Function<InstallProgress, Path> install;
  private final Supplier<Optional<Path>> installed;

  public InstalledProgram(AgentInstaller installer, Pin pin) {
    requireNonNull(installer, "installer");
    this.pin = requireNonNull(pin, "pin");
    this.install = progress -> installer.install(pin, progress);
    this.installed = () -> installer.installed(pin);
  }

  /** The script of an agent made of JavaScript packages, see {@link JavaScriptProgram}. */
  InstalledProgram(AgentInstaller installer, JavaScriptPin pin) {
    this.pin = pin.tree();
    this.install = progress -> installer.install(pin, progress);
    this.installed = () -> installer.installed(pin);
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
    return new AgentPlacement(new HostMount(directory, target()), pin.version());
  }

  private String target() {
    return MOUNTS + pin.agent() + "/" + pin.version();
  }

  /**
   * The path of the program: shown by a mount, on this very host, or else copied with what belongs
   * to it into the home.
   */
  public String in(Sandbox sandbox, AgentHome home) {
    String copy = pin.agent() + "/" + pin.version();
    ShownDirectory directory =
        new ShownDirectory(target(), copy, () -> install.apply(InstallProgress.SILENT));
    return directory.in(sandbox, home) + "/" + pin.program();
  }
}
