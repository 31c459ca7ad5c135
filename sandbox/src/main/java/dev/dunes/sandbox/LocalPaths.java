package dev.dunes.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;

/**
 * Checks of paths on this machine that came from elsewhere. What passes is absolute and free of
 * symbolic links; what does not is a {@link LocalPathException}. Without allowed directories every
 * path that is well formed passes.
 *
 * <p>A check sees one moment: where others can change the directories, they can change them after
 * it.
 */
public final class LocalPaths {
  // As the kernel's own limit, ELOOP.
  private static final int MOST_LINKS = 40;

  private LocalPaths() {}

  /** A path that may or may not exist, in one of these directories. */
  public static Path check(String path, Path... allowed) {
    return inside(path, List.of(allowed));
  }

  /** A path that exists, in one of these directories. */
  public static Path checkExisting(String path, Path... allowed) {
    Path resolved = inside(path, List.of(allowed));
    if (!Files.exists(resolved)) {
      throw refused("Path does not exist", path);
    }
    return resolved;
  }

  /** A file that can be read, in one of these directories. */
  public static Path forUpload(String path, Path... allowed) {
    Path resolved = checkExisting(path, allowed);
    if (!Files.isRegularFile(resolved)) {
      throw refused("Upload path is not a file", path);
    }
    if (!Files.isReadable(resolved)) {
      throw refused("Upload path is not readable", path);
    }
    return resolved;
  }

  /** A file that can be written: its directory is there, in one of these directories. */
  public static Path forDownload(String path, Path... allowed) {
    Path resolved = inside(path, List.of(allowed));
    Path parent = resolved.getParent();
    if (parent == null || !Files.exists(parent)) {
      throw refused("Download parent directory does not exist", path);
    }
    if (!Files.isDirectory(parent)) {
      throw refused("Download parent is not a directory", path);
    }
    if (!Files.isWritable(parent)) {
      throw refused("Download parent directory is not writable", path);
    }
    return resolved;
  }

  private static Path inside(String path, Collection<Path> allowed) {
    Path resolved = resolve(parse(path), path);
    if (!allowed.isEmpty()
        && allowed.stream()
            .noneMatch(base -> resolved.startsWith(resolve(base, base.toString())))) {
      throw new LocalPathException(
          "Path outside allowed directories: '%s'".formatted(path),
          ErrorDetails.remedy("use a path in one of " + allowed));
    }
    return resolved;
  }

  private static Path parse(String path) {
    if (path.isEmpty()) {
      throw new LocalPathException("Empty path", ErrorDetails.remedy("name a file"));
    }
    Path parsed;
    try {
      parsed = Path.of(path);
    } catch (InvalidPathException e) {
      throw new LocalPathException("Invalid path: " + e.getReason(), ErrorDetails.cause(e));
    }
    for (Path name : parsed) {
      if (name.toString().equals("..")) {
        throw new LocalPathException(
            "Path traversal detected: '%s' contains '..'".formatted(path),
            ErrorDetails.remedy("use a path without '..'"));
      }
    }
    return parsed;
  }

  /**
   * Follows every symbolic link, also one whose target does not exist; {@link Path#toRealPath}
   * cannot.
   */
  private static Path resolve(Path path, String shown) {
    Path absolute = path.toAbsolutePath();
    Path resolved = absolute.getRoot();
    Deque<Path> rest = new ArrayDeque<>();
    absolute.forEach(rest::addLast);
    for (int links = 0; !rest.isEmpty(); ) {
      String name = rest.removeFirst().toString();
      if (name.equals("..")) {
        Path parent = resolved.getParent();
        resolved = parent == null ? resolved : parent;
        continue;
      }
      Path next = name.equals(".") ? resolved : resolved.resolve(name);
      if (!Files.isSymbolicLink(next)) {
        resolved = next;
        continue;
      }
      if (++links > MOST_LINKS) {
        throw refused("Too many symbolic links", shown);
      }
      Path target = target(next, shown);
      resolved = target.isAbsolute() ? target.getRoot() : resolved;
      pushAll(rest, target);
    }
    return resolved;
  }

  private static Path target(Path link, String shown) {
    try {
      return Files.readSymbolicLink(link);
    } catch (IOException e) {
      throw new LocalPathException("Invalid path: '%s'".formatted(shown), ErrorDetails.cause(e));
    }
  }

  private static void pushAll(Deque<Path> rest, Path target) {
    for (int i = target.getNameCount() - 1; i >= 0; i--) {
      rest.addFirst(target.getName(i));
    }
  }

  private static LocalPathException refused(String why, String path) {
    return new LocalPathException("%s: '%s'".formatted(why, path));
  }
}
