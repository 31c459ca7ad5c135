package dev.dunes.session;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFileException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the files an agent made or changed: regular ones below {@code /home/user}, no part of the
 * path beginning with a dot, at most 10, 25 MiB each, 50 MiB together. What a sandbox says about
 * its files is taken for hostile: names are checked, walks are bounded. Query API 2.10.
 */
final class GeneratedFiles {
  static final int MOST = 10;
  static final long LARGEST = 25L << 20;
  static final long MOST_BYTES = 50L << 20;

  private static final Logger LOG = LoggerFactory.getLogger(GeneratedFiles.class);
  private static final int MOST_ENTRIES = 50_000;
  private static final int MOST_DIRECTORIES = 5_000;

  /** A file as it was at one moment. */
  record Version(long size, Instant modified) {}

  /** A file that is new or different. */
  record Found(String path, long size) {}

  private final HomePaths home;
  private final Map<String, Version> before;

  private GeneratedFiles(HomePaths home, Map<String, Version> before) {
    this.home = home;
    this.before = before;
  }

  /** Notes what is there. */
  static GeneratedFiles notice(Sandbox sandbox, HomePaths home) {
    return new GeneratedFiles(home, walk(sandbox, home));
  }

  /** What is new or different since, in the order of paths, within the bounds. */
  List<Found> since(Sandbox sandbox) {
    List<Found> found = new ArrayList<>();
    long total = 0;
    List<Map.Entry<String, Version>> now = new ArrayList<>(walk(sandbox, home).entrySet());
    now.sort(Map.Entry.comparingByKey(Comparator.naturalOrder()));
    for (Map.Entry<String, Version> file : now) {
      Version version = file.getValue();
      if (version.equals(before.get(file.getKey()))) {
        continue;
      }
      if (version.size() > LARGEST || total + version.size() > MOST_BYTES) {
        LOG.info("file {} of {} bytes is too large to be given out", file.getKey(), version.size());
        continue;
      }
      if (found.size() == MOST) {
        LOG.info("more than {} files were made; the others are not given out", MOST);
        break;
      }
      total += version.size();
      found.add(new Found(file.getKey(), version.size()));
    }
    return found;
  }

  private static Map<String, Version> walk(Sandbox sandbox, HomePaths home) {
    Map<String, Version> files = new HashMap<>();
    Deque<String> directories = new ArrayDeque<>(List.of(""));
    int entries = 0;
    int visited = 0;
    while (!directories.isEmpty() && visited++ < MOST_DIRECTORIES) {
      String directory = directories.removeFirst();
      for (FileEntry entry : list(sandbox, home, directory)) {
        if (++entries > MOST_ENTRIES) {
          return files;
        }
        String name = entry.name();
        if (name.isEmpty() || name.startsWith(".") || name.indexOf('\0') >= 0) {
          continue;
        }
        String path = directory.isEmpty() ? name : directory + "/" + name;
        if (entry.isDirectory()) {
          directories.addLast(path);
        } else if (entry.isFile()) {
          files.put(path, new Version(entry.size(), entry.modifiedAt()));
        }
      }
    }
    return files;
  }

  private static List<FileEntry> list(Sandbox sandbox, HomePaths home, String directory) {
    String path = directory.isEmpty() ? home.home() : home.at(directory);
    try {
      return sandbox.files().list(path);
    } catch (SandboxFileException e) {
      LOG.debug("could not list {}", path, e);
      return List.of();
    }
  }
}
