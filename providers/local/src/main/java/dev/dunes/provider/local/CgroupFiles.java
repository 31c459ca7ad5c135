package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;

/** Reads and writes the control files of cgroups. */
final class CgroupFiles {
  private CgroupFiles() {}

  static Path make(Path directory) throws IOException {
    try {
      return Files.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      return directory;
    }
  }

  static void write(Path directory, String file, String value) throws IOException {
    Files.write(
        directory.resolve(file),
        value.getBytes(StandardCharsets.US_ASCII),
        StandardOpenOption.WRITE);
  }

  static String read(Path directory, String file) throws IOException {
    return new String(Files.readAllBytes(directory.resolve(file)), StandardCharsets.US_ASCII)
        .strip();
  }

  static long number(Path directory, String file) throws IOException {
    return Long.parseLong(read(directory, file));
  }

  /** The value of a line {@code key value}. */
  static OptionalLong keyed(Path directory, String file, String key) throws IOException {
    for (String line : read(directory, file).split("\n")) {
      if (line.startsWith(key + " ")) {
        return OptionalLong.of(Long.parseLong(line.substring(key.length() + 1).strip()));
      }
    }
    return OptionalLong.empty();
  }
}
