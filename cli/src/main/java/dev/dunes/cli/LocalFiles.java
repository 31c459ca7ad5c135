package dev.dunes.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Files of this machine that go into a sandbox. */
final class LocalFiles {
  private static final int MOST = 20;
  private static final long MOST_BYTES = 10 << 20;

  private final Path directory;

  /**
   * @param directory files below it keep their path, others only their name
   */
  LocalFiles(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  /** Their contents by their path in the sandbox's home. */
  Map<String, byte[]> read(List<String> names) {
    if (names.size() > MOST) {
      throw Failure.usage("--file: %d files, at most %d".formatted(names.size(), MOST), "");
    }
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : names) {
      Path file = directory.resolve(name).normalize();
      if (files.put(target(file), contents(name, file)) != null) {
        throw Failure.usage("--file: two files would be '%s'".formatted(target(file)), "");
      }
    }
    return files;
  }

  private String target(Path file) {
    Path name = file.startsWith(directory) ? directory.relativize(file) : file.getFileName();
    return String.valueOf(name);
  }

  private static byte[] contents(String name, Path file) {
    if (!Files.exists(file)) {
      throw Failure.usage("--file: '%s' does not exist".formatted(name), "");
    }
    if (!Files.isRegularFile(file)) {
      throw Failure.usage("--file: '%s' is not a file".formatted(name), "");
    }
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw Failure.usage("--file: '%s' is larger than 10 MiB".formatted(name), "");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw Failure.usage("--file: cannot read '%s': %s".formatted(name, e.getMessage()), "");
    }
  }
}
