package dev.dunes.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The files of a directory that say how runs are done, and whether they have changed. */
final class ProjectFiles {
  private final Path directory;
  private Map<String, String> seen;

  ProjectFiles(Path directory) {
    this.directory = directory;
    this.seen = look();
  }

  /** Returns once one of them has changed since this returned last. */
  void awaitChange(Duration lookEvery) throws InterruptedException {
    Map<String, String> now = look();
    while (now.equals(seen)) {
      Thread.sleep(lookEvery);
      now = look();
    }
    seen = now;
  }

  private Map<String, String> look() {
    Map<String, String> found = new LinkedHashMap<>();
    for (String name : new String[] {"sandstorm.json", ".env", "config/limits.yaml"}) {
      Path file = directory.resolve(name);
      try {
        found.put(name, Files.getLastModifiedTime(file) + " " + Files.size(file));
      } catch (IOException e) {
        found.put(name, "none");
      }
    }
    return found;
  }
}
