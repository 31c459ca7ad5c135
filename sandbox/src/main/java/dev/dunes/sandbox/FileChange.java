package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

/**
 * A change seen by a {@link FileWatch}.
 *
 * @param type what happened
 * @param path relative to the watched directory
 * @param directory whether it happened to a directory
 */
public record FileChange(Type type, String path, boolean directory) {
  /** What happened. */
  public enum Type {
    CREATED,
    WRITTEN,
    REMOVED,
    MOVED_AWAY,
    MOVED_HERE,
    ATTRIBUTES,
    /** More happened than could be recorded; look at the directory again. */
    OVERFLOW
  }

  public FileChange {
    requireNonNull(type, "type");
    requireNonNull(path, "path");
  }
}
