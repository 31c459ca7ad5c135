package dev.dunes.guest;

import dev.dunes.sandbox.LocalPathException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Files of this machine that come out of a sandbox. */
public final class LocalTarget {
  private LocalTarget() {}

  /** Writes a file beside its place and moves it there, so that it is never seen in part. */
  public static void replace(Path local, InputStream contents, int mode) throws IOException {
    Path parent = local.toAbsolutePath().getParent();
    if (parent == null || !Files.exists(parent)) {
      throw new LocalPathException("Path's parent directory does not exist: " + local);
    }
    if (!Files.isDirectory(parent)) {
      throw new LocalPathException("Path's parent is not a directory: " + local);
    }
    Path part = Files.createTempFile(parent, ".dunes-", ".part");
    try {
      try (OutputStream out = Files.newOutputStream(part)) {
        contents.transferTo(out);
      }
      Files.setPosixFilePermissions(part, permissions(mode));
      Files.move(part, local, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** Permissions from the nine lower bits; set-id bits of a sandbox mean nothing here. */
  static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (PosixFilePermission permission : PosixFilePermission.values()) {
      if ((mode & 0400 >> permission.ordinal()) != 0) {
        permissions.add(permission);
      }
    }
    return permissions;
  }
}
