package dev.dunes.provider.local;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.ProviderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Files of the host that a sandbox sees read-only. What root keeps where the sandbox's user id
 * cannot pass, such as below {@code /root}, is lent by a mount of the sandbox's own; but what that
 * id may not read is not made readable: the file's own permissions go on to hold.
 */
final class HostMounts {
  /** The only place for them: exists in every root, and hides nothing of it. */
  private static final Path PLACE = Path.of("/opt/dunes");

  private final List<ViewStep.Bind> shown = new ArrayList<>();
  private final List<String> launcher = new ArrayList<>();

  /**
   * @param mounts checked
   * @param uid the host's user id for the sandbox; −1 when it runs under this process's own
   */
  HostMounts(List<HostMount> mounts, SandboxPaths paths, int uid) {
    try {
      for (HostMount mount : mounts) {
        Path source = mount.source().toRealPath();
        Path found = uid <= 0 || passable(source) ? source : lent(source, paths);
        shown.add(new ViewStep.Bind(found, mount.target(), Files.isDirectory(source), false));
      }
    } catch (IOException e) {
      throw new ProviderException(
          "cannot show the files of mounts: " + e.getMessage(), ErrorDetails.cause(e));
    }
  }

  private Path lent(Path source, SandboxPaths paths) throws IOException {
    Path target = Files.createDirectories(paths.mounts()).resolve("host-" + shown.size());
    launcher.addAll(List.of("--bind", source + "|" + target));
    return target;
  }

  /** Options for {@code dunes-guest launch}. */
  List<String> launcherOptions() {
    return List.copyOf(launcher);
  }

  /** The steps that show them. */
  List<ViewStep.Bind> steps() {
    return shown;
  }

  /**
   * Makes their mount points in the layer above a root file system, over whatever that has there:
   * bubblewrap itself may not write to it, and would follow links of an image on the host.
   */
  void makePoints(Path layer) {
    try {
      for (ViewStep.Bind each : shown) {
        Path point = layer.resolve(each.target().substring(1));
        if (each.directory()) {
          Files.createDirectories(point);
        } else {
          Files.createDirectories(requireNonNull(point.getParent()));
          Files.createFile(point);
        }
      }
    } catch (IOException e) {
      throw LocalErrors.disk("make the places of mounts", e);
    }
  }

  /** Refuses what cannot be shown, before anything is made. */
  static void check(List<HostMount> mounts, boolean root) {
    List<Path> taken = new ArrayList<>(List.of(Path.of(SandboxView.GUEST)));
    for (HostMount mount : mounts) {
      checkTarget(mount, taken);
      checkSource(mount, root);
    }
  }

  private static void checkTarget(HostMount mount, List<Path> taken) {
    Path target = Path.of(mount.target());
    if (!target.startsWith(PLACE) || target.equals(PLACE)) {
      throw InvalidRequestException.field(
          "mounts.target", mount.target(), "a path below " + PLACE + "/");
    }
    for (Path other : taken) {
      if (target.startsWith(other) || other.startsWith(target)) {
        throw InvalidRequestException.field(
            "mounts.target", mount.target(), "a path that is not in the way of " + other);
      }
    }
    taken.add(target);
  }

  private static void checkSource(HostMount mount, boolean root) {
    try {
      Path source = mount.source().toRealPath();
      if (!Files.isRegularFile(source) && !Files.isDirectory(source)) {
        throw InvalidRequestException.field("mounts.source", mount.source(), "a file or directory");
      }
      if (source.toString().indexOf('|') >= 0) { // separates the parts of a launcher's option
        throw InvalidRequestException.field("mounts.source", source, "a path without '|'");
      }
      if (!readable(source, root)) {
        throw unreadable(mount);
      }
    } catch (IOException e) {
      throw new InvalidRequestException(
          "mounts.source",
          "mounts.source: '%s' cannot be found: %s".formatted(mount.source(), e.getMessage()),
          ErrorDetails.cause(e)
              .withRemedy("use a file or directory that exists and can be reached"));
    }
  }

  private static InvalidRequestException unreadable(HostMount mount) {
    return new InvalidRequestException(
        "mounts.source",
        "mounts.source: the sandbox's user may not read '%s'".formatted(mount.source()),
        ErrorDetails.remedy("let everyone read it (chmod a+rX), or mount something else"));
  }

  /** Root's sandboxes have a user id of their own, which is neither owner nor in the group. */
  private static boolean readable(Path source, boolean root) throws IOException {
    boolean directory = Files.isDirectory(source);
    if (!root) {
      return Files.isReadable(source) && (!directory || Files.isExecutable(source));
    }
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(source);
    return mode.contains(PosixFilePermission.OTHERS_READ)
        && (!directory || mode.contains(PosixFilePermission.OTHERS_EXECUTE));
  }

  /** Whether everyone may pass through the directories above. */
  private static boolean passable(Path source) throws IOException {
    for (Path above = source.getParent(); above != null; above = above.getParent()) {
      if (!Files.getPosixFilePermissions(above).contains(PosixFilePermission.OTHERS_EXECUTE)) {
        return false;
      }
    }
    return true;
  }
}
