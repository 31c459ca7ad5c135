package dev.dunes.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How many runs there may be at a time where {@code limits.yaml} does not say. Query API 2.12. */
final class Concurrency {
  private static final int DOCKER = 5;
  private static final int LEAST = 5;
  private static final List<String> THIS_MACHINE = List.of("local", "host");

  private Concurrency() {}

  static int limit(Limits limits, String provider) {
    if (limits.maxConcurrentAgents().isPresent()) {
      return limits.maxConcurrentAgents().getAsInt();
    }
    if (provider.equals("docker")) {
      return DOCKER;
    }
    return THIS_MACHINE.contains(provider) ? Math.max(LEAST, memoryGibibytes()) : Integer.MAX_VALUE;
  }

  private static int memoryGibibytes() {
    try {
      return Files.readAllLines(Path.of("/proc/meminfo")).stream()
          .filter(line -> line.startsWith("MemTotal:"))
          .map(line -> line.replaceAll("\\D+", ""))
          .mapToInt(kibibytes -> (int) (Long.parseLong(kibibytes) >> 20))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}
