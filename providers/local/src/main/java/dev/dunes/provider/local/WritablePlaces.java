package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Makes the places a sandbox writes to: plain directories, overlays over saved layers or a root
 * directory, or a file system of limited size. Mounts are made by the launcher inside the sandbox's
 * own mount namespace, so that none can be left behind on the host.
 */
final class WritablePlaces {
  private static final long MEBIBYTE = 1L << 20;

  private final LocalHost host;
  private final Path share;
  private final boolean overlays;
  private final SandboxPaths paths;
  private final RootView view;
  private final OptionalInt diskMb;
  private final int uid;
  private final List<String> launcher = new ArrayList<>();
  private String kind = "directory";
  private Optional<Path> rootLayer = Optional.empty();

  /**
   * @param share what sandboxes share
   * @param overlays whether the host can mount them for the sandbox
   * @param uid the host's user id for the sandbox; −1 when it runs under this process's own
   */
  WritablePlaces(
      LocalHost host,
      Path share,
      boolean overlays,
      SandboxPaths paths,
      RootView view,
      OptionalInt diskMb,
      int uid) {
    this.host = host;
    this.share = share;
    this.overlays = overlays;
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

  /** Once prepared: the layer above a root file system, where the root is made of layers. */
  Optional<Path> rootLayer() {
    return rootLayer;
  }

  /**
   * Makes them and binds them where the sandbox sees them. The root, if it is one of them, comes
   * first.
   */
  void prepare(SandboxView view, Path etc) {
    try {
      Path storage = storage();
      root(view, etc);
      view.kernelFiles();
      if (diskMb.isPresent() && !host.root()) {
        long bytes = diskMb.getAsInt() * MEBIBYTE;
        view.limitedMemory(bytes - bytes / 4, Place.WORKSPACE.inside());
        view.limitedMemory(bytes / 4, Place.HOME.inside());
        kind = "memory, limited: three quarters for /workspace, one for /home/user";
        return;
      }
      for (Place place : Place.saved(this.view)) {
        view.writable(place(place, storage), place.inside());
      }
    } catch (IOException e) {
      throw new ProviderException(
          "cannot make the sandbox's directories: " + e.getMessage(),
          ErrorDetails.cause(e).withRemedy("look at the free space of " + paths.directory()));
    }
  }

  private void root(SandboxView sandbox, Path etc) throws IOException {
    switch (view.base()) {
      case RootView.Host ignored -> sandbox.hostRoot(etc);
      case RootView.Directory directory -> directory(sandbox, directory.rootfs());
      case RootView.Layered layered ->
          throw new IllegalStateException("a base has no layers: " + layered);
    }
  }

  /**
   * A root directory gets what it lacks from a layer of the sandbox's own; without overlays, from
   * mounts between its entries.
   */
  private void directory(SandboxView sandbox, Path rootfs) throws IOException {
    if (overlays) {
      Path layer = own(Place.ROOT.in(Files.createDirectories(paths.upper())), 0);
      RootSkeleton.make(rootfs, layer);
      rootLayer = Optional.of(layer);
      Path work = Files.createDirectories(Place.ROOT.in(paths.work()));
      sandbox.writable(
          overlay(Place.ROOT, List.of(rootfs), Place.ROOT.in(paths.upper()), work), "/");
      return;
    }
    Path seen = rootfs;
    if (host.root()) { // whose directory it is, the sandbox's user may not be able to reach
      seen = Files.createDirectories(Place.ROOT.in(paths.mounts()));
      launcher.addAll(List.of("--bind", rootfs + "|" + seen));
    }
    BoundRoot.show(rootfs, seen, paths.directory(), sandbox);
  }

  /** The directory on the host that will be seen as a place. */
  private Path place(Place place, Path storage) throws IOException {
    Path upper = place.in(storage);
    if (!limitedByFileSystem()) {
      own(upper, uid);
    }
    List<Path> lowers = lowers(place);
    if (lowers.isEmpty() || !overlays) {
      return upper;
    }
    Path works = limitedByFileSystem() ? storage.resolve("work") : paths.work();
    Path work = place.in(works);
    if (limitedByFileSystem()) {
      launcher.addAll(List.of("--mkdir", works.toString(), "--mkdir", work.toString()));
    } else {
      Files.createDirectories(work);
    }
    return overlay(place, lowers, upper, work);
  }

  /** What is already in a place: saved layers, newest first, and what the image has there. */
  private List<Path> lowers(Place place) {
    List<Path> lowers = new ArrayList<>();
    for (Path layer : view.allLayers()) {
      if (Files.isDirectory(place.in(layer))) {
        lowers.add(place.in(layer));
      }
    }
    String inside = place.inside().substring(1);
    if (view.base() instanceof RootView.Directory root
        && RootSkeleton.isOwnDirectory(root.rootfs(), inside)) {
      lowers.add(root.rootfs().resolve(inside));
    }
    return lowers;
  }

  private Path overlay(Place place, List<Path> lowers, Path upper, Path work) throws IOException {
    Path target = Files.createDirectories(place.in(paths.mounts()));
    String lower = String.join(":", lowers.stream().map(WritablePlaces::escape).toList());
    launcher.addAll(
        List.of("--overlay", String.join("|", lower, escape(upper), escape(work), escape(target))));
    return target;
  }

  /**
   * Where upper directories are: below the sandbox's directory, or on a file system of limited
   * size.
   */
  private Path storage() throws IOException {
    if (!limitedByFileSystem()) {
      return Files.createDirectories(paths.upper());
    }
    Path target = Files.createDirectories(paths.mounts().resolve("disk"));
    long bytes = diskMb.getAsInt() * MEBIBYTE;
    if (host.loopDevices()) {
      Path master = DiskImage.master(host.mkfs().orElseThrow(), share, bytes);
      launcher.addAll(List.of("--image", master + "|" + paths.disk()));
      launcher.addAll(List.of("--loop", paths.disk() + "|" + target));
      kind = "ext4 in a file, limited";
    } else {
      launcher.addAll(
          List.of("--tmpfs", target + ":" + bytes + ":" + Math.max(1024, bytes / 4096)));
      kind = "memory, limited";
    }
    for (Place place : Place.saved(view)) {
      launcher.addAll(List.of("--mkdir", place.in(target).toString()));
      launcher.addAll(List.of("--own", place.in(target) + "|" + uid + "|" + uid));
    }
    return target;
  }

  private boolean limitedByFileSystem() {
    return diskMb.isPresent() && host.root();
  }

  private static Path own(Path directory, int owner) throws IOException {
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(
        directory, PosixFilePermissions.fromString(owner == 0 ? "rwxr-xr-x" : "rwx------"));
    if (owner > 0) {
      Files.setAttribute(directory, "unix:uid", owner);
      Files.setAttribute(directory, "unix:gid", owner);
    }
    return directory;
  }

  /** In the launcher's options a colon separates lower directories and a bar the parts. */
  private static String escape(Path path) {
    return path.toString().replace("\\", "\\\\").replace(":", "\\:").replace("|", "\\|");
  }
}
