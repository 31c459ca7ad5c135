package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * Shows a root file system where there are no overlays: its entries one by one, read-only, with
 * room between them for what a sandbox needs of its own.
 */
final class BoundRoot {
  /** Mounted by us in any case. */
  private static final Set<String> OURS = Set.of("proc", "dev", "tmp", "run", "workspace", "sys");

  /**
   * Directories something of ours goes into; they are made anew, with the other entries of the
   * image's.
   */
  private static final Set<String> SHARED = Set.of("home", "opt");

  private static final Set<String> OURS_IN_SHARED = Set.of("user", "dunes");
  private static final int MOST_ENTRIES = 1000;

  private final Path rootfs;
  private final Path seen;
  private final SandboxView view;
  private int entries;

  private BoundRoot(Path rootfs, Path seen, SandboxView view) {
    this.rootfs = rootfs;
    this.seen = seen;
    this.view = view;
  }

  /**
   * Adds it.
   *
   * @param rootfs where it is
   * @param seen where the runtime finds it, which may have less rights
   * @param own a directory of the sandbox for files of its own
   */
  static void show(Path rootfs, Path seen, Path own, SandboxView view) throws IOException {
    new BoundRoot(rootfs, seen, view).show(own);
  }

  private void show(Path own) throws IOException {
    Optional<String> passwd = RootSkeleton.accounts(rootfs, RootSkeleton.PASSWD);
    Optional<String> group = RootSkeleton.accounts(rootfs, RootSkeleton.GROUP);
    try (DirectoryStream<Path> top = Files.newDirectoryStream(rootfs)) {
      for (Path entry : top) {
        String name = entry.getFileName().toString();
        boolean directory = Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS);
        if (OURS.contains(name)) {
          continue;
        }
        if (directory && (SHARED.contains(name) || name.equals("etc") && lacksAccounts())) {
          children(entry);
        } else if (directory || !SHARED.contains(name)) {
          add(entry);
        }
      }
    }
    account(own, RootSkeleton.PASSWD, passwd);
    account(own, RootSkeleton.GROUP, group);
  }

  /** Mounting over a file needs the file. */
  private boolean lacksAccounts() {
    return Files.notExists(rootfs.resolve(RootSkeleton.PASSWD))
        || Files.notExists(rootfs.resolve(RootSkeleton.GROUP));
  }

  private void account(Path own, String name, Optional<String> text) throws IOException {
    if (text.isPresent()) {
      Path file = own.resolve(name.replace('/', '-'));
      Files.writeString(file, text.get(), StandardCharsets.ISO_8859_1);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
      view.readOnlyFile(file, "/" + name);
    }
  }

  private void children(Path directory) throws IOException {
    view.directory("/" + rootfs.relativize(directory));
    try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
      for (Path child : children) {
        if (!OURS_IN_SHARED.contains(child.getFileName().toString())) {
          add(child);
        }
      }
    }
  }

  private void add(Path entry) throws IOException {
    if (++entries > MOST_ENTRIES) {
      throw BadImage.because("it has more than %d entries at its top".formatted(MOST_ENTRIES));
    }
    Path relative = rootfs.relativize(entry);
    if (Files.isSymbolicLink(entry)) {
      view.link(Files.readSymbolicLink(entry).toString(), "/" + relative);
    } else if (Files.isDirectory(entry) || Files.isRegularFile(entry)) {
      view.readOnly(seen.resolve(relative), "/" + relative, Files.isDirectory(entry));
    }
  }
}
