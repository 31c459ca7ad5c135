package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.InstallProgress;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Unpacks a package: regular files and directories below one top directory, which is left out as
 * npm does. Everything else is refused: names that lead elsewhere, links, devices, names that come
 * twice. Owners, times and modes but "executable" are ignored; everybody may read the result.
 */
final class PackageTar {
  private static final long BYTES_LIMIT = 4L << 30;
  private static final int ENTRIES_LIMIT = 20_000;
  private static final int BUFFER = 1 << 16;

  private static final Set<PosixFilePermission> DIRECTORY =
      PosixFilePermissions.fromString("rwxr-xr-x");
  private static final Set<PosixFilePermission> EXECUTABLE = DIRECTORY;
  private static final Set<PosixFilePermission> PLAIN =
      PosixFilePermissions.fromString("rw-r--r--");

  private final Path directory;
  private final boolean again;
  private final String step;
  private final InstallProgress progress;
  private long written;
  private int entries;

  private PackageTar(Path directory, boolean again, String step, InstallProgress progress) {
    this.directory = directory;
    this.again = again;
    this.step = step;
    this.progress = progress;
  }

  /** Unpacks into a directory that exists and is empty. */
  static void unpack(Path tgz, Path directory, String step, InstallProgress progress)
      throws IOException {
    unpack(tgz, new PackageTar(directory, false, step, progress));
  }

  /**
   * The same for a package of which others made what is in it: a file that comes twice is the last
   * one, as npm has it.
   */
  static void unpackAsNpm(Path tgz, Path directory) throws IOException {
    unpack(tgz, new PackageTar(directory, true, "", InstallProgress.SILENT));
  }

  private static void unpack(Path tgz, PackageTar tar) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(tgz), BUFFER);
        InputStream plain = new GZIPInputStream(file, BUFFER);
        TarArchiveInputStream in = new TarArchiveInputStream(plain)) {
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        tar.add(entry, in);
      }
    }
  }

  private void add(TarArchiveEntry entry, InputStream in) throws IOException {
    if (++entries > ENTRIES_LIMIT) {
      throw refused(entry, "there are too many files");
    }
    if (entry.isPaxHeader() || entry.isGlobalPaxHeader()) {
      return;
    }
    Path target = target(entry);
    if (entry.isDirectory()) {
      makeDirectories(target);
    } else if (isPlain(entry)) {
      makeDirectories(parent(target));
      file(entry, in, target);
    } else {
      throw refused(entry, "it is neither a file nor a directory");
    }
  }

  /** By its type alone: {@link TarArchiveEntry#isFile()} is true of devices, too. */
  private static boolean isPlain(TarArchiveEntry entry) {
    byte type = entry.getLinkFlag();
    return type == TarConstants.LF_NORMAL || type == TarConstants.LF_OLDNORM;
  }

  private void file(TarArchiveEntry entry, InputStream in, Path target) throws IOException {
    byte[] buffer = new byte[BUFFER];
    OpenOption[] options =
        again
            ? new OpenOption[] {StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING}
            : new OpenOption[] {StandardOpenOption.CREATE_NEW};
    try (OutputStream out = Files.newOutputStream(target, options)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
        written += n;
        if (written > BYTES_LIMIT) {
          throw refused(entry, "the package is too large");
        }
        progress.step(step, written, -1);
      }
    }
    boolean executable = (entry.getMode() & 0111) != 0;
    Files.setPosixFilePermissions(target, executable ? EXECUTABLE : PLAIN);
  }

  /** INVARIANT: below the directory, and no link on the way, since none is ever made. */
  private Path target(TarArchiveEntry entry) {
    String name = entry.getName();
    if (name.startsWith("/") || name.indexOf('\0') >= 0 || name.indexOf('\\') >= 0) {
      throw refused(entry, "its name is absolute or odd");
    }
    Path path = directory;
    String[] parts = name.split("/");
    for (int i = 0; i < parts.length; i++) {
      if (parts[i].isEmpty() || parts[i].equals("..") || (i == 0 && parts[i].equals("."))) {
        throw refused(entry, "its name leads elsewhere");
      }
      if (i > 0 && !parts[i].equals(".")) {
        path = path.resolve(parts[i]);
      }
    }
    return path;
  }

  private void makeDirectories(Path path) throws IOException {
    if (path.equals(directory)) {
      return;
    }
    makeDirectories(parent(path));
    if (!Files.isDirectory(path)) {
      Files.createDirectory(path);
      Files.setPosixFilePermissions(path, DIRECTORY);
    }
  }

  private static Path parent(Path path) {
    return requireNonNull(path.getParent(), "parent");
  }

  private static AgentException refused(TarArchiveEntry entry, String why) {
    return InstallFailure.of(
        "the package holds '%s', which is refused: %s".formatted(entry.getName(), why),
        "report it to who publishes the package; nothing was installed");
  }
}
