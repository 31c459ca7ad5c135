package dev.dunes.session;

import dev.dunes.sandbox.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Conversations that are kept so that another run can go on with them: a tar of {@code
 * /home/user/.claude/projects} each, mode 0600, for 168 hours. Query API 2.11.
 */
final class SessionArchive {
  private static final Logger LOG = LoggerFactory.getLogger(SessionArchive.class);
  private static final Duration LIFETIME = Duration.ofHours(168);
  private static final long LARGEST = 256L << 20;

  /** An id comes from an agent or a client and becomes the name of a file. */
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,127}");

  private final Path directory;

  SessionArchive(Path directory) {
    this.directory = directory;
  }

  boolean has(String id) {
    return file(id).filter(SessionArchive::fresh).isPresent();
  }

  /** Keeps the conversation of a sandbox; false when it could not be. */
  boolean keep(String id, Sandbox sandbox, HomePaths home) {
    Optional<Path> target = file(id);
    if (target.isEmpty() || !sandbox.files().exists(home.projects())) {
      return false;
    }
    Path part = directory.resolve("." + UUID.randomUUID() + ".part");
    try {
      JsonLinesFile.makePrivateDirectory(directory);
      Files.createFile(
          part, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      try (InputStream tar = sandbox.files().pack(home.projects());
          OutputStream out = Files.newOutputStream(part)) {
        copy(tar, out);
      }
      Files.move(part, target.get(), StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (IOException e) {
      LOG.warn("conversation {} could not be kept: {}", id, e.toString());
      return false;
    } finally {
      deleteQuietly(part);
    }
  }

  /** Puts a kept conversation into a sandbox. */
  void restore(String id, Sandbox sandbox, HomePaths home) throws IOException {
    Path file = file(id).orElseThrow(() -> new IOException("no kept conversation " + id));
    sandbox.files().mkdir(home.projects());
    try (InputStream tar = Files.newInputStream(file)) {
      sandbox.files().unpack(tar, home.projects());
    }
  }

  /** Removes what has been kept long enough, and what a killed process left. */
  void sweep() {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (!fresh(file)) {
          deleteQuietly(file);
        }
      }
    } catch (IOException e) {
      LOG.warn("could not look through {}: {}", directory, e.toString());
    }
  }

  private Optional<Path> file(String id) {
    return ID.matcher(id).matches()
        ? Optional.of(directory.resolve(id + ".tar"))
        : Optional.empty();
  }

  private static boolean fresh(Path file) {
    try {
      return Files.getLastModifiedTime(file).toInstant().plus(LIFETIME).isAfter(Instant.now());
    } catch (IOException e) {
      return false;
    }
  }

  private static void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long total = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      total += n;
      if (total > LARGEST) {
        throw new IOException("larger than " + LARGEST + " bytes");
      }
      out.write(buffer, 0, n);
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("could not remove {}: {}", file, e.toString());
    }
  }
}
