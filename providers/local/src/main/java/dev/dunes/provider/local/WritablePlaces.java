package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.ProviderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Makes the places a sandbox writes to: plain directories, overlays over saved layers or a root directory, or a file system of limited size.
 * Mounts are made by the launcher inside the sandbox's own mount namespace, so that none can be left behind on the host.
 */
final class WritablePlaces {
  private static final long MEBIBYTE = 1L << 20;

  private final LocalHost host;
  private final SandboxPaths paths;
  private final RootView view;
  private final OptionalInt diskMb;
  private final int uid;
  private final List<String> launcher = new ArrayList<>();
  private String kind = "directory";

  /**
   * @param uid the host's user id for the sandbox; −1 when it runs under this process's own
   */
  WritablePlaces(LocalHost host, SandboxPaths paths, RootView view, OptionalInt diskMb, int uid) {
    this.host = host;
    this.paths = paths;
    this.view = view;
    this.diskMb = diskMb;
    this.uid = uid;
  }

  /** Options for {@code dunes-guest launch}: the mounts. */
  List<String> launcherOptions() {
    return List.copyOf(launcher);
  }

  /** What keeps the files, and the disk limit if there is one; for people. */
  String kind() {
    return kind;
  }

  /** Makes them and binds them where the sandbox sees them. The root, if it is one of them, comes first. */
  void prepare(BubblewrapArguments bubblewrap, Path etc) {
    try {
      Path storage = storage();
      root(bubblewrap, etc, storage);
      bubblewrap.kernelFiles();
      if (diskMb.isPresent() && !host.root()) {
        long bytes = diskMb.getAsInt() * MEBIBYTE;
        bubblewrap.limitedTmpfs(bytes - bytes / 4, Place.WORKSPACE.inside());
        bubblewrap.limitedTmpfs(bytes / 4, Place.HOME.inside());
        kind = "memory, limited: three quarters for /workspace, one for /home/user";
        return;
      }
      for (Place place : List.of(Place.HOME, Place.WORKSPACE)) {
        bubblewrap.writable(place(place, storage), place.inside());
      }
    } catch (IOException e) {
      throw new ProviderException(
          "cannot make the sandbox's directories: " + e.getMessage(),
          ErrorDetails.cause(e).withRemedy("look at the free space of " + paths.directory()));
    }
  }

  private void root(BubblewrapArguments bubblewrap, Path etc, Path storage) throws IOException {
    switch (view.base()) {
      case RootView.Host ignored -> bubblewrap.hostRoot(etc);
      case RootView.Directory directory -> {
        if (host.root()) {
          RootSkeleton.make(directory.rootfs(), own(Place.ROOT.in(storage), 0));
          bubblewrap.writable(overlay(Place.ROOT, directory.rootfs(), storage), "/");
        } else {
          RootSkeleton.require(directory.rootfs());
          bubblewrap.readOnly(directory.rootfs(), "/");
        }
      }
      case RootView.Layered layered -> throw new IllegalStateException("a base has no layers: " + layered);
    }
  }

  /** The directory on the host that will be seen as a place. */
  private Path place(Place place, Path storage) throws IOException {
    if (!limitedByFileSystem()) {
      own(place.in(storage), uid);
    }
    return view.allLayers().isEmpty() || !host.root()
        ? place.in(storage)
        : overlay(place, null, storage);
  }

  private Path overlay(Place place, @org.jspecify.annotations.Nullable Path bottom, Path storage)
      throws IOException {
    List<String> lowers = new ArrayList<>();
    for (Path layer : view.allLayers()) {
      if (Files.isDirectory(place.in(layer))) {
        lowers.add(escape(place.in(layer)));
      }
    }
    if (bottom != null) {
      lowers.add(escape(bottom));
    }
    Path work = place.in(limitedByFileSystem() ? storage.resolve("work") : paths.work());
    Path target = Files.createDirectories(place.in(paths.mounts()));
    if (limitedByFileSystem()) {
      launcher.addAll(List.of("--mkdir", work.toString()));
    } else {
      Files.createDirectories(work);
    }
    String overlay = String.join("|", String.join(":", lowers), place.in(storage).toString(), work.toString(), target.toString());
    launcher.addAll(List.of("--overlay", overlay));
    return target;
  }

  /** Where upper directories are: below the sandbox's directory, or on a file system of limited size. */
  private Path storage() throws IOException {
    if (!limitedByFileSystem()) {
      return Files.createDirectories(paths.upper());
    }
    Path target = Files.createDirectories(paths.mounts().resolve("disk"));
    long bytes = diskMb.getAsInt() * MEBIBYTE;
    if (host.loopDevices()) {
      DiskImage.make(host.mkfs().orElseThrow(), paths.disk(), bytes);
      launcher.addAll(List.of("--loop", paths.disk() + "|" + target));
      kind = "ext4 in a file, limited";
    } else {
      launcher.addAll(List.of("--tmpfs", target + ":" + bytes + ":" + Math.max(1024, bytes / 4096)));
      kind = "memory, limited";
    }
    for (Place place : List.of(Place.HOME, Place.WORKSPACE)) {
      launcher.addAll(List.of("--mkdir", place.in(target).toString()));
      launcher.addAll(List.of("--own", place.in(target) + "|" + uid + "|" + uid));
    }
    if (!(view.base() instanceof RootView.Host)) {
      throw new IsolationUnavailableException(
          "diskMb: a disk limit cannot be kept together with an image",
          ErrorDetails.remedy("leave out the disk limit or the image"));
    }
    return target;
  }

  private boolean limitedByFileSystem() {
    return diskMb.isPresent() && host.root();
  }

  private static Path own(Path directory, int owner) throws IOException {
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(owner == 0 ? "rwxr-xr-x" : "rwx------"));
    if (owner > 0) {
      Files.setAttribute(directory, "unix:uid", owner);
      Files.setAttribute(directory, "unix:gid", owner);
    }
    return directory;
  }

  /** In overlay options a colon separates directories. */
  private static String escape(Path path) {
    return path.toString().replace("\\", "\\\\").replace(":", "\\:");
  }
}
