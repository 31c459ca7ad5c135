package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;

/**
 * Something in a sandbox's file system.
 *
 * @param path relative to the directory that was listed; the last name when it was asked for by
 *     itself
 * @param kind what it is
 * @param mode permission bits, 0 to 07777
 * @param size bytes
 * @param modifiedAt when its contents last changed
 * @param uid owner, as the sandbox sees it
 * @param gid group, as the sandbox sees it
 * @param linkTarget where a symbolic link points
 */
public record FileEntry(
    String path,
    Kind kind,
    int mode,
    long size,
    Instant modifiedAt,
    int uid,
    int gid,
    Optional<String> linkTarget) {
  /** What an entry is. */
  public enum Kind {
    FILE,
    DIRECTORY,
    SYMLINK,
    /** A device, FIFO or socket. */
    OTHER
  }

  public FileEntry {
    requireNonNull(path, "path");
    requireNonNull(kind, "kind");
    requireNonNull(modifiedAt, "modifiedAt");
    requireNonNull(linkTarget, "linkTarget");
  }

  /** The last name of the path. */
  public String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  public boolean isFile() {
    return kind == Kind.FILE;
  }

  public boolean isDirectory() {
    return kind == Kind.DIRECTORY;
  }
}
