package dev.dunes.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Removes directories whose contents a sandbox made. Never follows a symbolic link, needs neither
 * memory nor descriptors for depth, and refuses when something is mounted below.
 */
public final class HostileTree {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  private static final int MOUNT_POINT = 4;
  private static final String FLATTENED = ".dunes-flattened-";

  /** Descriptor-relative: what a name leads to cannot be exchanged between looking and removing. */
  private final SecureDirectoryStream<Path> top;

  private final Path path;
  private long moved;

  private HostileTree(Path path, SecureDirectoryStream<Path> top) {
    this.path = path;
    this.top = top;
  }

  /**
   * Removes a directory with everything below it, or a single file or link.
   *
   * @return whether it was there
   * @throws IOException when something could not be removed; what could be is gone
   */
  public static boolean delete(Path tree) throws IOException {
    if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    if (!Files.isDirectory(tree, LinkOption.NOFOLLOW_LINKS)) {
      return Files.deleteIfExists(tree);
    }
    empty(tree, Optional.empty());
    return Files.deleteIfExists(tree);
  }

  /**
   * The same for a directory with a file that outlives all others in it, so that it still tells
   * whether somebody is at work when this process is killed on the way.
   */
  static void deleteWithLast(Path tree, String last) throws IOException {
    try {
      empty(tree, Optional.of(Path.of(last)));
      Files.deleteIfExists(tree.resolve(last));
      Files.deleteIfExists(tree);
    } catch (NoSuchFileException e) {
      // only the empty directory was left, and another process has removed it
    }
  }

  private static void empty(Path tree, Optional<Path> spared) throws IOException {
    refuseMounts(tree.toRealPath(LinkOption.NOFOLLOW_LINKS));
    makeAccessible(tree);
    boolean left = true;
    while (left) { // entries made by moving may or may not be seen by the pass that made them
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(tree)) {
        if (!(stream instanceof SecureDirectoryStream<Path> secure)) {
          throw new IOException("this platform cannot remove " + tree + " safely");
        }
        left = new HostileTree(tree, secure).removeChildren(spared);
      }
    }
  }

  /** One pass over the top directory; false when there was nothing to remove. */
  private boolean removeChildren(Optional<Path> spared) throws IOException {
    boolean any = false;
    for (Path each : top) {
      if (spared.filter(each.getFileName()::equals).isPresent()) {
        continue;
      }
      any = true;
      try {
        remove(each.getFileName());
      } catch (NoSuchFileException e) {
        // another process removes the same tree; the next pass sees what is left
      }
    }
    return any;
  }

  private void remove(Path name) throws IOException {
    if (isDirectory(top, name)) {
      flatten(name);
      top.deleteDirectory(name);
    } else {
      top.deleteFile(name);
    }
  }

  /** Empties a child directory: files are removed, directories become children of the top one. */
  private void flatten(Path child) throws IOException {
    makeAccessible(path.resolve(child));
    try (SecureDirectoryStream<Path> inner =
        top.newDirectoryStream(child, LinkOption.NOFOLLOW_LINKS)) {
      for (Path each : inner) {
        Path name = each.getFileName();
        if (isDirectory(inner, name)) {
          makeAccessible(
              path.resolve(child).resolve(name)); // its ".." changes, which takes write permission
          inner.move(name, top, Path.of(FLATTENED + unusedNumber()));
        } else {
          inner.deleteFile(name);
        }
      }
    }
  }

  private long unusedNumber() {
    while (Files.exists(path.resolve(FLATTENED + moved), LinkOption.NOFOLLOW_LINKS)) {
      moved++;
    }
    return moved;
  }

  private static boolean isDirectory(SecureDirectoryStream<Path> in, Path name) throws IOException {
    return in.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .readAttributes()
        .isDirectory();
  }

  /**
   * A directory without permissions is still its owner's. Only for directories: their mode is not a
   * link's.
   */
  private static void makeAccessible(Path directory) throws IOException {
    if (!(Files.isReadable(directory)
            && Files.isWritable(directory)
            && Files.isExecutable(directory))
        && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private static void refuseMounts(Path tree) throws IOException {
    List<String> below = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(MOUNTS, StandardCharsets.ISO_8859_1)) {
        String point = line.split(" ")[MOUNT_POINT];
        if (point.equals(tree.toString()) || point.startsWith(tree + "/")) {
          below.add(point);
        }
      }
    } catch (NoSuchFileException e) {
      return; // no /proc here: then nothing is known, and removing a mount point fails by itself
    }
    if (!below.isEmpty()) {
      throw new IOException(tree + " is not removed: something is mounted at " + below.getFirst());
    }
  }
}
