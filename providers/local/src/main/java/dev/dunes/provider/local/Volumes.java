package dev.dunes.provider.local;

import dev.dunes.guest.HostileTree;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.VolumeMount;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Files that several sandboxes read and write. Made by root they are a file system of a fixed size
 * in an image, mounted once however many sandboxes use it; elsewhere a directory without a limit.
 * All files belong to one id on the host; each sandbox sees them as its own user's. See <a
 * href="../../../../../../../../docs/decisions/volumes.md">the decision</a>.
 */
final class Volumes {
  /** On the host; just below the ids of sandboxes, and nobody's. */
  private static final int OWNER = 1_999_999_999;

  private static final String IMAGE = "volume.ext4";
  private static final String DIRECTORY = "files";
  private static final long MEBIBYTE = 1L << 20;

  /** What a sandbox cannot do without, and what is not its own. */
  private static final List<Path> TAKEN =
      List.of(
          Path.of("/usr"),
          Path.of("/bin"),
          Path.of("/sbin"),
          Path.of("/lib"),
          Path.of("/lib32"),
          Path.of("/lib64"),
          Path.of("/libx32"),
          Path.of("/etc"),
          Path.of("/proc"),
          Path.of("/sys"),
          Path.of("/dev"),
          Path.of("/run"),
          Path.of("/boot"),
          Path.of("/opt/dunes"));

  private static final ReentrantLock MAKING = new ReentrantLock();

  private final LocalHost host;
  private final Path masters;
  private final SandboxPaths paths;
  private final int uid;
  private final List<String> launcher = new ArrayList<>();
  private final List<ViewStep.Bind> steps = new ArrayList<>();

  /**
   * @param masters where empty file systems are kept
   * @param uid the host's user id for the sandbox; −1 when it runs under this process's own
   */
  Volumes(LocalHost host, Path masters, SandboxPaths paths, int uid) {
    this.host = host;
    this.masters = masters;
    this.paths = paths;
    this.uid = uid;
  }

  /** Refuses places that cannot be, before anything is made. */
  static void check(List<VolumeMount> volumes) {
    List<Path> taken = new ArrayList<>(TAKEN);
    for (VolumeMount volume : volumes) {
      Path target = Path.of(volume.target());
      for (Path other : taken) {
        if (target.startsWith(other) || other.startsWith(target)) {
          throw InvalidRequestException.field(
              "volumes.target",
              volume.target(),
              "a path such as /mnt/data, that is not in the way of " + other);
        }
      }
      if (Place.HOME.inside().startsWith(volume.target() + "/")) {
        throw InvalidRequestException.field(
            "volumes.target", volume.target(), "a path that does not hide " + Place.HOME.inside());
      }
      if (volume.directory().toString().indexOf('|') >= 0) { // parts of a launcher's option
        throw InvalidRequestException.field(
            "volumes.directory", volume.directory(), "a path without '|'");
      }
      taken.add(target);
    }
  }

  /**
   * Makes what is missing, and the steps that show them.
   *
   * @param view what the sandbox sees otherwise
   */
  void prepare(List<VolumeMount> volumes, RootView view) {
    for (VolumeMount volume : volumes) {
      requireNoLinks(volume, view);
      try {
        steps.add(new ViewStep.Bind(source(volume), volume.target(), true, true));
      } catch (IOException e) {
        throw LocalErrors.disk("make the volume at " + volume.target(), e);
      }
    }
  }

  /** Options for {@code dunes-guest launch}. */
  List<String> launcherOptions() {
    return List.copyOf(launcher);
  }

  /** The steps that show them. */
  List<ViewStep.Bind> steps() {
    return steps;
  }

  /**
   * Makes their mount points in the layer above a root file system, over whatever that has there.
   */
  void makePoints(Path layer) {
    try {
      for (ViewStep.Bind each : steps) {
        if (Stream.of(Place.HOME, Place.WORKSPACE).noneMatch(place -> below(each.target(), place))
            && !each.target().startsWith("/tmp/")) {
          Path point = layer;
          for (Path name : Path.of(each.target())) {
            point = point.resolve(name);
            if (Files.notExists(point, LinkOption.NOFOLLOW_LINKS)) {
              Files.createDirectory(point);
            } else if (!Files.isDirectory(point, LinkOption.NOFOLLOW_LINKS)) {
              throw inTheWay(each.target());
            }
          }
        }
      }
    } catch (IOException e) {
      throw LocalErrors.disk("make the places of volumes", e);
    }
  }

  private static boolean below(String target, Place place) {
    return target.equals(place.inside()) || target.startsWith(place.inside() + "/");
  }

  /**
   * Below the places a sandbox writes to, saved files may hold a link that leads anywhere;
   * bubblewrap would follow it.
   */
  private void requireNoLinks(VolumeMount volume, RootView view) {
    for (Place place : Place.saved(view)) {
      if (!below(volume.target(), place)) {
        continue;
      }
      Path rest = Path.of(place.inside()).relativize(Path.of(volume.target()));
      List<Path> layers = new ArrayList<>(List.of(place.in(paths.upper())));
      view.allLayers().forEach(layer -> layers.add(place.in(layer)));
      if (view.base() instanceof RootView.Directory root) {
        layers.add(root.rootfs().resolve(place.inside().substring(1)));
      }
      for (Path layer : layers) {
        Path point = layer;
        for (Path name : rest) {
          point = point.resolve(name);
          if (Files.exists(point, LinkOption.NOFOLLOW_LINKS)
              && !Files.isDirectory(point, LinkOption.NOFOLLOW_LINKS)) {
            throw inTheWay(volume.target());
          }
        }
      }
    }
  }

  private static InvalidRequestException inTheWay(String target) {
    return InvalidRequestException.field(
        "volumes.target", target, "a path where the sandbox's files have no link or file");
  }

  /** The directory that bubblewrap finds the files in. */
  private Path source(VolumeMount volume) throws IOException {
    Path image = volume.directory().resolve(IMAGE);
    Path directory = volume.directory().resolve(DIRECTORY);
    boolean limited = Files.exists(image);
    if (!limited && Files.notExists(directory)) {
      limited = host.loopDevices();
      make(volume, image, directory, limited);
    }
    if (limited && !host.loopDevices()) {
      throw new IsolationUnavailableException(
          "volumes.directory: the volume in '%s' is a disk image, which this user or machine cannot mount"
              .formatted(volume.directory()),
          ErrorDetails.remedy(
              "run as root where there are loop devices and mkfs.ext4, as when it was made"));
    }
    if (uid <= 0) {
      return directory;
    }
    Path mounts = Files.createDirectories(paths.mounts());
    Path owned = mounts.resolve("volume-" + steps.size());
    Path from = directory;
    if (limited) {
      from = Files.createDirectories(mounts.resolve("volume-disk-" + steps.size()));
      launcher.addAll(List.of("--volume", "%s|%s|%d".formatted(image, from, OWNER)));
    }
    launcher.addAll(List.of("--bind", "%s|%s|%d|%d".formatted(from, owned, uid, uid)));
    return owned;
  }

  /** One process at a time; what is there is complete. */
  private void make(VolumeMount volume, Path image, Path directory, boolean limited)
      throws IOException {
    Files.createDirectories(
        volume.directory(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path lock = volume.directory().resolve("making");
    MAKING.lock(); // the lock of a file is for processes
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = channel.lock()) {
      if (Files.exists(image) || Files.exists(directory)) {
        return;
      }
      Path part = volume.directory().resolve("part");
      HostileTree.delete(part);
      if (limited) {
        DiskImage.makeLasting(host.mkfs().orElseThrow(), masters, part, volume.sizeMb() * MEBIBYTE);
        Files.move(part, image);
        return;
      }
      Files.createDirectory(part);
      Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rwxr-xr-x"));
      if (uid > 0) {
        Files.setAttribute(part, "unix:uid", OWNER);
        Files.setAttribute(part, "unix:gid", OWNER);
      }
      Files.move(part, directory);
    } finally {
      MAKING.unlock();
    }
  }

  /** Removes the files of one. */
  static boolean delete(Path directory) {
    try {
      return HostileTree.delete(directory);
    } catch (IOException e) {
      throw new ProviderException(
          "cannot remove the volume in %s: %s".formatted(directory, e.getMessage()),
          ErrorDetails.cause(e));
    }
  }
}
