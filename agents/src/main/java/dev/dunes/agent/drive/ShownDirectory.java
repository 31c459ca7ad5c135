package dev.dunes.agent.drive;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * A directory of this host that belongs to an agent, and where a sandbox sees it.
 *
 * @param target where it is mounted, if so
 * @param copy what a copy is called, among those of all agents
 * @param source on this host
 */
public record ShownDirectory(String target, String copy, Supplier<Path> source) {
  public ShownDirectory {
    requireNonNull(target, "target");
    requireNonNull(copy, "copy");
    requireNonNull(source, "source");
  }

  /** Its path: shown by a mount, on this very host, or else copied into the home. */
  public String in(Sandbox sandbox, AgentHome home) {
    boolean mounted =
        sandbox.spec().mounts().stream().map(HostMount::target).anyMatch(target::equals);
    if (mounted) {
      return target;
    }
    Path directory = source.get();
    if (sandbox.provider().equals("host")) {
      return directory.toString();
    }
    String there = home.path() + "/.local/share/dunes/agents/" + copy;
    if (!sandbox.files().exists(there)) {
      // Renamed at the end, so that a copy that was cut off is never taken for one.
      String part = there + ".part";
      if (sandbox.files().exists(part)) {
        sandbox.files().removeTree(part);
      }
      sandbox.files().uploadTree(directory, part);
      sandbox.files().move(part, there);
    }
    return there;
  }
}
