package dev.dunes.guest;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFileException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Unpacks a tar that comes out of a sandbox, which may be made to harm: a name that is absolute,
 * has {@code ..} or leads through a symbolic link is refused before anything is written for it.
 */
public final class TreeDownload {
  private final Path root;
  private final Deque<Map.Entry<Path, Integer>> directoryModes = new ArrayDeque<>();

  private TreeDownload(Path root) {
    this.root = root;
  }

  /**
   * Unpacks it into a local directory, made when missing.
   *
   * @throws SandboxFileException {@code UNSAFE_ARCHIVE}
   */
  public static void read(InputStream source, Path local) throws IOException {
    Files.createDirectories(local);
    TreeDownload download = new TreeDownload(local.toRealPath());
    TarArchiveInputStream tar = new TarArchiveInputStream(source, StandardCharsets.UTF_8.name());
    try {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        download.entry(entry, tar);
      }
    } catch (InvalidPathException e) {
      throw unsafe(e.getInput(), "a name that is none on this machine");
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IOException("the sandbox sent a broken archive: " + e.getMessage(), e);
    }
    source.transferTo(
        java.io.OutputStream.nullOutputStream()); // the guest's outcome comes after the last block
    download.finish();
  }

  private void entry(TarArchiveEntry entry, InputStream contents) throws IOException {
    Path target = place(entry.getName());
    if (target.equals(root)) {
      return;
    }
    parents(target, entry.getName());
    if (entry.isDirectory()) {
      if (!Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
        Files.deleteIfExists(target);
        Files.createDirectory(target);
      }
      directoryModes.push(Map.entry(target, entry.getMode()));
    } else if (entry.isSymbolicLink()) {
      vacate(target);
      Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
    } else if (entry.isLink()) {
      Path existing = place(entry.getLinkName());
      parents(existing, entry.getLinkName());
      if (!Files.isRegularFile(existing, LinkOption.NOFOLLOW_LINKS)) {
        throw unsafe(entry.getName(), "a hard link to something that is not a file of the archive");
      }
      vacate(target);
      Files.createLink(target, existing);
    } else if (entry.isFile()
        && !entry.isFIFO()
        && !entry.isCharacterDevice()
        && !entry.isBlockDevice()) {
      vacate(target);
      Files.copy(contents, target);
      Files.setPosixFilePermissions(target, LocalTarget.permissions(entry.getMode()));
      Files.setLastModifiedTime(target, entry.getLastModifiedTime());
    } else {
      throw unsafe(entry.getName(), "neither a file nor a directory nor a link");
    }
  }

  /** Directories get their modes last: one without write permission could not be filled. */
  private void finish() throws IOException {
    for (Map.Entry<Path, Integer> each : directoryModes) {
      Files.setPosixFilePermissions(each.getKey(), LocalTarget.permissions(each.getValue()));
    }
  }

  private Path place(String name) {
    Path relative = Path.of(name);
    if (relative.isAbsolute()) {
      throw unsafe(name, "an absolute name");
    }
    for (Path part : relative) {
      if (part.toString().equals("..")) {
        throw unsafe(name, "a name with '..'");
      }
    }
    return root.resolve(relative).normalize();
  }

  private void parents(Path target, String name) throws IOException {
    Path directory = root;
    Path parent = java.util.Objects.requireNonNull(target.getParent());
    for (Path part : root.relativize(parent)) {
      if (part.toString().isEmpty()) {
        continue;
      }
      directory = directory.resolve(part);
      if (Files.isSymbolicLink(directory)) {
        throw unsafe(name, "a name that leads through a symbolic link");
      }
      if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(directory);
      }
    }
  }

  private static void vacate(Path target) throws IOException {
    if (!Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
      Files.deleteIfExists(target);
    }
  }

  private static SandboxFileException unsafe(String name, String why) {
    String shown = GuestError.printable(name);
    return new SandboxFileException(
        Reason.UNSAFE_ARCHIVE,
        shown,
        "the sandbox sent %s: '%s'".formatted(why, shown),
        ErrorDetails.remedy("nothing was written for it; do not trust this sandbox's files"));
  }
}
