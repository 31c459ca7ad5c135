package dev.dunes.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/** A configuration file that is read again when its time, size or identity has changed. */
final class WatchedFile {
  /** How a file looked when it was read; two equal ones are taken for the same contents. */
  private record Look(FileTime modified, long size, Optional<Object> key) {}

  /** What a look at the file found. */
  sealed interface Reading {
    /** Nothing is different. */
    record Unchanged() implements Reading {}

    /** There is no file. */
    record Absent() implements Reading {}

    /** It was read. */
    record Contents(byte[] bytes) implements Reading {}

    /** It is there and cannot be read. */
    record Unreadable(String reason) implements Reading {}
  }

  private final Path file;
  private Optional<Look> last = Optional.empty();
  private boolean looked;

  WatchedFile(Path file) {
    this.file = file;
  }

  Path path() {
    return file;
  }

  /** Looks once; not safe for use by several threads. */
  Reading look() {
    try {
      Optional<Look> now = stat();
      if (looked && now.equals(last)) {
        return new Reading.Unchanged();
      }
      looked = true;
      last = now;
      return now.isEmpty() ? new Reading.Absent() : new Reading.Contents(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      last = Optional.empty();
      return new Reading.Absent();
    } catch (IOException e) {
      // looked at again next time: what makes a file unreadable need not change the file
      looked = false;
      return new Reading.Unreadable(e.toString());
    }
  }

  private Optional<Look> stat() throws IOException {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(
          new Look(found.lastModifiedTime(), found.size(), Optional.ofNullable(found.fileKey())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
