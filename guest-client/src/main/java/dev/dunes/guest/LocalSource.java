package dev.dunes.guest;

import dev.dunes.sandbox.LocalPathException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/**
 * A file of this machine about to be copied into a sandbox.
 *
 * @param contents its bytes
 * @param mode its permission bits
 */
public record LocalSource(InputStream contents, int mode) implements Closeable {
  /** Opens it, or says what is wrong with it: {@link LocalPathException}. */
  public static LocalSource open(Path local) throws IOException {
    if (!Files.exists(local)) {
      throw new LocalPathException("Path does not exist: " + local);
    }
    if (!Files.isRegularFile(local)) {
      throw new LocalPathException("Path is not a file: " + local);
    }
    if (!Files.isReadable(local)) {
      throw new LocalPathException("Path is not readable: " + local);
    }
    return new LocalSource(Files.newInputStream(local), modeOf(local));
  }

  /** Permission bits of what is there; a symbolic link's own. */
  static int modeOf(Path path, LinkOption... options) throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path, options);
    int mode = 0;
    for (PosixFilePermission permission : permissions) {
      mode |= 0400 >> permission.ordinal(); // declared from OWNER_READ to OTHERS_EXECUTE
    }
    return mode;
  }

  @Override
  public void close() throws IOException {
    contents.close();
  }
}
