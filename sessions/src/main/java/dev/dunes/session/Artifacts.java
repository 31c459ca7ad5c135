package dev.dunes.session;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Generated files that can be fetched for a while after their run: {@code GET
 * /runs/{id}/files/{path}}. Kept in a private temporary directory under names of our own.
 */
final class Artifacts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Artifacts.class);

  private record Key(String run, String path) {}

  private record Kept(Path file, Instant until) {}

  private final Duration lifetime;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, Kept> kept = new HashMap<>();
  private Optional<Path> directory = Optional.empty();
  private long count;

  Artifacts(Duration lifetime) {
    this.lifetime = lifetime;
  }

  /** Keeps what a stream has, at most so many bytes. */
  void keep(String run, String path, InputStream contents, long most) throws IOException {
    Path file = fresh();
    try (var out = Files.newOutputStream(file)) {
      byte[] buffer = new byte[1 << 16];
      long left = most;
      for (int n = contents.read(buffer); n >= 0; n = contents.read(buffer)) {
        left -= n;
        if (left < 0) {
          throw new IOException("grew to more than " + most + " bytes while it was read");
        }
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
    lock.lock();
    try {
      Kept old = kept.put(new Key(run, path), new Kept(file, Instant.now().plus(lifetime)));
      if (old != null) {
        Files.deleteIfExists(old.file());
      }
    } finally {
      lock.unlock();
    }
  }

  /** The file, while it is kept. */
  Optional<Path> find(String run, String path) {
    lock.lock();
    try {
      return Optional.ofNullable(kept.get(new Key(run, path)))
          .filter(file -> file.until().isAfter(Instant.now()))
          .map(Kept::file);
    } finally {
      lock.unlock();
    }
  }

  /** Removes what has been kept long enough. */
  void sweep() {
    Instant now = Instant.now();
    lock.lock();
    try {
      kept.values().removeIf(file -> !file.until().isAfter(now) && delete(file.file()));
    } finally {
      lock.unlock();
    }
  }

  private Path fresh() throws IOException {
    lock.lock();
    try {
      if (directory.isEmpty()) {
        directory =
            Optional.of(
                Files.createTempDirectory(
                    "dunes-files-",
                    PosixFilePermissions.asFileAttribute(
                        PosixFilePermissions.fromString("rwx------"))));
      }
      return Files.createFile(directory.get().resolve(Long.toString(count++)));
    } finally {
      lock.unlock();
    }
  }

  private static boolean delete(Path file) {
    try {
      Files.deleteIfExists(file);
      return true;
    } catch (IOException e) {
      LOG.warn("could not remove {}: {}", file, e.toString());
      return false;
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      kept.values().forEach(file -> delete(file.file()));
      kept.clear();
      if (directory.isPresent()) {
        Files.deleteIfExists(directory.get());
        directory = Optional.empty();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      lock.unlock();
    }
  }
}
