package dev.dunes.guest;

import dev.dunes.sandbox.LocalPathException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * A local directory as a tar. Symbolic links are kept as links; sockets, FIFOs and devices are left
 * out.
 */
public final class TreeUpload {
  private TreeUpload() {}

  /** Writes it with names relative to the directory; the target stays open. */
  public static void write(Path root, OutputStream target) throws IOException {
    if (!Files.isDirectory(root)) {
      throw new LocalPathException("Path is not a directory: " + root);
    }
    TarArchiveOutputStream tar =
        new TarArchiveOutputStream(target, 1 << 18, StandardCharsets.UTF_8.name());
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
    Files.walkFileTree(root, new Visitor(root, tar));
    tar.finish();
    tar.flush();
  }

  private static final class Visitor extends SimpleFileVisitor<Path> {
    private final Path root;
    private final TarArchiveOutputStream tar;

    Visitor(Path root, TarArchiveOutputStream tar) {
      this.root = root;
      this.tar = tar;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
        throws IOException {
      if (!directory.equals(root)) {
        put(entry(directory, name(directory) + "/", TarConstants.LF_DIR, attributes));
        tar.closeArchiveEntry();
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (attributes.isSymbolicLink()) {
        TarArchiveEntry entry = new TarArchiveEntry(name(file), TarConstants.LF_SYMLINK);
        entry.setLinkName(Files.readSymbolicLink(file).toString());
        put(entry);
        tar.closeArchiveEntry();
      } else if (attributes.isRegularFile()) {
        TarArchiveEntry entry = entry(file, name(file), TarConstants.LF_NORMAL, attributes);
        entry.setSize(attributes.size());
        put(entry);
        Files.copy(file, tar);
        tar.closeArchiveEntry();
      }
      return FileVisitResult.CONTINUE;
    }

    private String name(Path path) {
      return root.relativize(path).toString();
    }

    private void put(TarArchiveEntry entry) throws IOException {
      tar.putArchiveEntry(entry);
    }

    private static TarArchiveEntry entry(
        Path path, String name, byte type, BasicFileAttributes attributes) throws IOException {
      TarArchiveEntry entry = new TarArchiveEntry(name, type);
      entry.setMode(LocalSource.modeOf(path, LinkOption.NOFOLLOW_LINKS));
      entry.setLastModifiedTime(attributes.lastModifiedTime());
      return entry;
    }
  }
}
