package dev.dunes.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads skills from a directory: one sub-directory each, with a {@code SKILL.md}. Query API 2.8.
 */
final class Skills {
  private static final Logger LOG = LoggerFactory.getLogger(Skills.class);
  private static final String MAIN = "SKILL.md";
  private static final int MOST_FILES = 1000;
  private static final long MOST_BYTES = 20 << 20;

  private Skills() {}

  /** Files by path, by skill; what is no skill is left out with a warning. */
  static Map<String, Map<String, byte[]>> load(Path directory) {
    Map<String, Map<String, byte[]>> skills = new TreeMap<>();
    if (!Files.isDirectory(directory)) {
      LOG.warn("skills_dir {} is no directory", directory);
      return skills;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      Budget budget = new Budget();
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (!Files.isDirectory(entry) || name.equals(".git")) {
          continue;
        }
        if (!Names.valid(name)) {
          LOG.warn("skill '{}' is left out: its name must match [a-zA-Z0-9_-]+", name);
          continue;
        }
        Map<String, byte[]> files = files(entry, budget);
        if (files.containsKey(MAIN)) {
          skills.put(name, files);
        } else {
          LOG.warn("skill '{}' is left out: it has no SKILL.md in UTF-8", name);
        }
      }
    } catch (IOException e) {
      LOG.warn("could not read skills from {}: {}", directory, e.toString());
    }
    return skills;
  }

  /** A skill that came with a request. */
  static Map<String, byte[]> inline(String markdown) {
    return Map.of(MAIN, markdown.getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, byte[]> files(Path skill, Budget budget) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(skill)) {
      paths =
          walk.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
              .sorted()
              .toList();
    }
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (Path path : paths) {
      if (path.getFileName().toString().equals(".DS_Store")) {
        continue;
      }
      byte[] bytes = Files.readAllBytes(path);
      if (!isUtf8(bytes)) {
        LOG.warn("{} of a skill is left out: it is not UTF-8", path);
      } else if (budget.takes(bytes.length)) {
        files.put(skill.relativize(path).toString(), bytes);
      } else {
        LOG.warn("{} of a skill is left out: skills are too large together", path);
      }
    }
    return files;
  }

  private static boolean isUtf8(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static final class Budget {
    private int files;
    private long bytes;

    boolean takes(long size) {
      if (files >= MOST_FILES || bytes + size > MOST_BYTES) {
        return false;
      }
      files++;
      bytes += size;
      return true;
    }
  }
}
