package dev.dunes.provider.docker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * How often the kernel has killed a process of a sandbox for its memory limit: counted by its
 * cgroup, which this machine sees when the daemon runs on it. The daemon itself only tells of its
 * first process.
 */
final class MemoryKills {
  private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
  private static final String COUNTER = "oom_kill ";

  private MemoryKills() {}

  /** The count so far; empty where it cannot be seen. */
  static OptionalLong of(long pid) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "cgroup"))) {
        String[] fields = line.split(":", 3);
        if (fields.length == 3 && List.of(fields[1].split(",")).contains("memory")) {
          return count(CGROUPS.resolve("memory" + fields[2]).resolve("memory.oom_control"));
        }
        Path unified = CGROUPS.resolve(fields[2].substring(1)).resolve("memory.events");
        if (fields.length == 3 && fields[1].isEmpty() && Files.exists(unified)) {
          return count(unified);
        }
      }
    } catch (IOException e) {
      return OptionalLong.empty(); // it has ended, or is not of this machine
    }
    return OptionalLong.empty();
  }

  private static OptionalLong count(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith(COUNTER))
        .mapToLong(line -> Long.parseLong(line.substring(COUNTER.length()).strip()))
        .findFirst();
  }
}
