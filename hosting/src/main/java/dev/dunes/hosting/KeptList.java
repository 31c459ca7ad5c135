package dev.dunes.hosting;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;

/**
 * A list in a file that several programs may use at a time: each sees at once what another one
 * changes. Only its owner can read it. Safe for use by several threads.
 */
final class KeptList<T> {
  private final Path file;
  private final Path lockFile;
  private final Class<T[]> kind;
  private final String what;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<Look> seen = Optional.empty();
  private List<T> known = List.of();

  /** How the file looked when it was read. */
  private record Look(FileTime modified, long size, Object key) {}

  /**
   * @param name of the file, without its ending
   * @param what it is a list of, for people
   */
  KeptList(Path directory, String name, Class<T[]> kind, String what) {
    this.file = directory.resolve(name + ".json");
    this.lockFile = directory.resolve(name + ".lock");
    this.kind = kind;
    this.what = what;
  }

  /** All there is; the same object until something changes. */
  List<T> all() {
    lock.lock();
    try {
      Optional<Look> now = look();
      if (!now.equals(seen)) {
        known = read();
        seen = now;
      }
      return known;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    } finally {
      lock.unlock();
    }
  }

  /** Puts another list in the place of the one there is; nobody else changes it meanwhile. */
  void change(UnaryOperator<List<T>> work) {
    lock.lock();
    try {
      HostingJson.makeDirectory(requireNonNull(file.getParent(), "directory"));
      try (FileChannel channel =
              FileChannel.open(
                  lockFile,
                  Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                  PosixFilePermissions.asFileAttribute(
                      PosixFilePermissions.fromString("rw-------")));
          FileLock _ = channel.lock()) {
        HostingJson.write(file, work.apply(read()), true);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    } finally {
      lock.unlock();
    }
  }

  private Optional<Look> look() throws IOException {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(
          new Look(now.lastModifiedTime(), now.size(), requireNonNull(now.fileKey(), "fileKey")));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private List<T> read() throws IOException {
    try {
      return List.of(HostingJson.MAPPER.readValue(Files.readAllBytes(file), kind));
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (JacksonException e) {
      throw new IOException("%s is no list of %s: %s".formatted(file, what, words(e)), e);
    }
  }

  /** Without what is in the file, which may be secret. */
  private static String words(JacksonException e) {
    return e.getLocation() == null
        ? "it is damaged"
        : "damaged at line " + e.getLocation().getLineNr();
  }
}
