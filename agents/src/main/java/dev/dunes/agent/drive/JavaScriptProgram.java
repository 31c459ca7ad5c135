package dev.dunes.agent.drive;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.install.JavaScriptPin;
import dev.dunes.agent.install.Pins;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * An agent made of JavaScript packages, with the Node that runs it: two directories of this host,
 * shown to a sandbox read-only. Neither the host nor the sandbox needs a Node of its own.
 */
public final class JavaScriptProgram {
  private final InstalledProgram node;
  private final InstalledProgram tree;

  /** The pins are asked for when they are needed first. */
  public JavaScriptProgram(AgentInstaller installer, Supplier<JavaScriptPin> pin) {
    this.node = InstalledProgram.of(installer, Pins::node);
    this.tree = InstalledProgram.tree(installer, pin);
  }

  /**
   * Installs both when they are not there.
   *
   * @throws AgentException {@code install_failed}
   */
  public AgentPlacement prepare(InstallProgress progress) {
    return both(node.prepare(progress), tree.prepare(progress));
  }

  /** What {@link #prepare} would say, when both are there. */
  public Optional<AgentPlacement> installed() {
    return node.installed().flatMap(first -> tree.installed().map(second -> both(first, second)));
  }

  private static AgentPlacement both(AgentPlacement node, AgentPlacement tree) {
    List<HostMount> mounts = Stream.concat(node.mounts().stream(), tree.mounts().stream()).toList();
    return new AgentPlacement(mounts, tree.version());
  }

  /** The start of the command that runs it in this sandbox: Node and the script. */
  public List<String> in(Sandbox sandbox, AgentHome home) {
    return List.of(node.in(sandbox, home), tree.in(sandbox, home));
  }
}
