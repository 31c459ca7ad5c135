package dev.dunes.provider.local;

import dev.dunes.guest.HostileTree;
import dev.dunes.guest.ProcessIdentity;
import dev.dunes.guest.SandboxDirectory;
import dev.dunes.guest.SandboxRecord;
import dev.dunes.guest.SandboxStore;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Snapshot;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Saved files of sandboxes. Taking one copies what the sandbox has written; everything started from
 * it shares that copy through overlays. A deleted one stays on disk as long as something stands on
 * it.
 */
final class Snapshots {
  private static final String GONE = ".gone-";
  private static final Duration ABANDONED = Duration.ofHours(1);
  private static final Pattern ID = Pattern.compile("[a-z0-9]{12,20}");

  private final LocalHost host;
  private final LocalState state;

  Snapshots(LocalHost host, LocalState state) {
    this.host = host;
    this.state = state;
  }

  /** Saves the files of a sandbox whose processes have been stopped. */
  Snapshot take(SandboxRecord record, SandboxPaths paths) throws IOException {
    String id = SandboxStore.newId();
    Path directory = Files.createDirectory(state.snapshots().resolve(id));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    boolean whole = record.spec().diskMb().isPresent();
    boolean complete = false;
    try {
      RootView view = Records.view(record);
      for (Place place : Place.saved(view)) {
        Path source = whole ? mounted(record, place) : place.in(paths.upper());
        if (Files.isDirectory(source) && !(place == Place.APP && isEmpty(source))) {
          TreeCopy.merge(source, place.in(directory));
        }
      }
      Optional<Path> rootfs =
          view.base() instanceof RootView.Directory root
              ? Optional.of(root.rootfs())
              : Optional.empty();
      List<Path> below = whole || !state.overlays(host) ? List.of() : view.allLayers();
      if (Records.uid(record).isPresent()) {
        state.uids().passToFamily(Records.uid(record).getAsInt());
      }
      new SnapshotRecord(directory, Records.uid(record), rootfs, below).write();
      complete = true;
      return new Snapshot(id, LocalSandboxProvider.NAME, Instant.now());
    } finally {
      if (!complete) {
        HostileTree.delete(directory);
      }
    }
  }

  /** What most sandboxes do not use: no layer is made of it for others to mount. */
  private static boolean isEmpty(Path directory) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      return !entries.iterator().hasNext();
    }
  }

  /**
   * A place on a file system that only exists in the sandbox's mount namespace. The root of the
   * sandbox is read-only, so the name leads where it says; only root may look there.
   */
  private Path mounted(SandboxRecord record, Place place) {
    if (!host.root()) {
      throw new UnsupportedCapabilityException(
          "a sandbox with a disk limit can only be saved by root on this machine",
          ErrorDetails.at(LocalSandboxProvider.NAME, record.id())
              .withRemedy("make it without diskMb, or run as root"));
    }
    ProcessIdentity guest = record.guest().orElseThrow();
    return Path.of("/proc", Long.toString(guest.pid()), "root")
        .resolve(place.inside().substring(1));
  }

  /** What a new sandbox needs to know to start from a snapshot. */
  Image image(String id) throws IOException {
    SnapshotRecord snapshot =
        find(id)
            .filter(found -> !found.deleted())
            .orElseThrow(() ->
                new InvalidRequestException(
                    "image",
                    "image: there is no snapshot '%s'".formatted(id),
                    ErrorDetails.remedy("take one with snapshot()")));
    RootView base =
        snapshot.rootfs().<RootView>map(RootView.Directory::new).orElseGet(RootView.Host::new);
    if (state.overlays(host)) {
      return new Image(
          new RootView.Layered(base, snapshot.layers()),
          snapshot.uid(),
          List.of(),
          ImageConfig.NONE);
    }
    return new Image(base, snapshot.uid(), snapshot.layers().reversed(), ImageConfig.NONE);
  }

  boolean delete(String id) throws IOException {
    Optional<SnapshotRecord> snapshot = find(id).filter(found -> !found.deleted());
    if (snapshot.isPresent()) {
      snapshot.get().markDeleted();
    }
    return snapshot.isPresent();
  }

  private Optional<SnapshotRecord> find(String id) throws IOException {
    return ID.matcher(id).matches()
        ? SnapshotRecord.read(state.snapshots().resolve(id))
        : Optional.empty();
  }

  /** Removes deleted snapshots that nothing stands on any more. */
  static void collect(LocalState state, SandboxStore store) throws IOException {
    Set<Path> needed = new HashSet<>();
    for (SandboxDirectory directory : store.all()) {
      Optional<SandboxRecord> record = directory.read();
      record.ifPresent(r -> needed.addAll(Records.view(r).allLayers()));
      // one that is being made has not written down yet what it stands on
      record
          .flatMap(r -> r.spec().image())
          .flatMap(Images::snapshotId)
          .ifPresent(id -> needed.add(state.snapshots().resolve(id)));
    }
    List<SnapshotRecord> all = SnapshotRecord.all(state.snapshots());
    for (SnapshotRecord snapshot : all) {
      if (!snapshot.deleted() || needed.contains(snapshot.directory())) {
        needed.addAll(snapshot.below());
      }
    }
    for (SnapshotRecord snapshot : all) {
      if (snapshot.deleted() && !needed.contains(snapshot.directory())) {
        remove(snapshot.directory());
      }
    }
    removeUnfinished(state.snapshots());
  }

  /** Whoever succeeds in renaming it removes it; others may be at the same. */
  private static void remove(Path directory) throws IOException {
    Path gone = directory.resolveSibling(GONE + directory.getFileName());
    try {
      Files.move(directory, gone, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return;
    }
    HostileTree.delete(gone);
  }

  /** What programs left that were killed while they took or removed one. */
  private static void removeUnfinished(Path snapshots) throws IOException {
    Instant abandoned = Instant.now().minus(ABANDONED);
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(snapshots)) {
      for (Path entry : entries) {
        try {
          if (Files.getLastModifiedTime(entry).toInstant().isBefore(abandoned)
              && SnapshotRecord.read(entry).isEmpty()) {
            HostileTree.delete(entry);
          }
        } catch (NoSuchFileException e) {
          continue; // another program was faster
        }
      }
    }
  }
}
