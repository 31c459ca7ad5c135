package dev.dunes.provider.docker;

import dev.dunes.guest.ProcessIdentity;
import dev.dunes.guest.SandboxStore;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which snapshots are being taken, of what and by whom, in the state directory: the image of one
 * whose taker was killed before it had its answer is known by this, and by nothing else. A note is
 * an empty file {@code ID-SANDBOX-TAKER}; without a taker its snapshot was given up.
 */
final class SnapshotNotes {
  private static final String DIRECTORY = DockerSandboxProviderFactory.NAME + "-snapshots";
  private static final String NEXT = "-";

  private final Path directory;

  SnapshotNotes(SandboxStore store) {
    this.directory = store.stateRoot().resolve(DIRECTORY);
  }

  /**
   * One note.
   *
   * @param id of the snapshot
   * @param sandbox whose files it has
   * @param taker empty when it was given up
   */
  record Note(String id, String sandbox, Optional<ProcessIdentity> taker, Path file) {
    /** Whether there is nobody any more who would take it. */
    boolean isLeft() {
      return taker.filter(ProcessIdentity::isAlive).isEmpty();
    }

    boolean isOlderThan(Duration age) throws IOException {
      return Files.getLastModifiedTime(file).toInstant().isBefore(Instant.now().minus(age));
    }

    /** Its taker has it, or it is gone. */
    void end() throws IOException {
      Files.deleteIfExists(file);
    }

    /** It may be there or come to be, and nobody wants it. */
    void giveUp() throws IOException {
      Files.move(file, file.resolveSibling(id + NEXT + sandbox + NEXT));
    }
  }

  Note begin(String id, String sandbox) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    ProcessIdentity taker = ProcessIdentity.current();
    Path file = directory.resolve(id + NEXT + sandbox + NEXT + taker);
    return new Note(id, sandbox, Optional.of(taker), Files.createFile(file));
  }

  List<Note> all() throws IOException {
    List<Note> all = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path each : entries) {
        String[] parts = each.getFileName().toString().split(NEXT, 3);
        if (parts.length == 3) {
          all.add(new Note(parts[0], parts[1], ProcessIdentity.parse(parts[2]), each));
        }
      }
    } catch (NoSuchFileException e) {
      return List.of(); // no snapshot was ever taken
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return all;
  }
}
