package dev.dunes.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Files that are put into a sandbox before its agent starts, checked: at most 20, at most 10 MB
 * together, paths below {@code /home/user} in normal form. Immutable.
 */
public final class InputFiles {
  /** No files. */
  public static final InputFiles NONE = new InputFiles(new LinkedHashMap<>());

  private static final int MOST = 20;
  private static final long MOST_BYTES = 10_000_000;
  private static final Pattern DRIVE = Pattern.compile("^[a-zA-Z]:[\\\\/].*", Pattern.DOTALL);

  private final Map<String, byte[]> files;

  private InputFiles(Map<String, byte[]> files) {
    this.files = files;
  }

  /**
   * Checks paths and sizes.
   *
   * @param contents by path as the user wrote it; contents are not copied
   * @throws RunRefusedException with the field {@code files} and a text that says what is wrong
   */
  public static InputFiles of(Map<String, byte[]> contents) {
    if (contents.size() > MOST) {
      throw refuse("Too many files: %d (max %d)".formatted(contents.size(), MOST));
    }
    long total = contents.values().stream().mapToLong(bytes -> bytes.length).sum();
    if (total > MOST_BYTES) {
      throw refuse("Total file size %,d bytes exceeds 10MB limit".formatted(total));
    }
    Map<String, byte[]> checked = new LinkedHashMap<>();
    contents.forEach((path, bytes) -> {
      String normal = normalize(path);
      if (checked.put(normal, bytes) != null) {
        throw refuse("Duplicate path: " + normal);
      }
    });
    refuseNested(checked.keySet());
    return checked.isEmpty() ? NONE : new InputFiles(checked);
  }

  /** The paths relative to {@code /home/user}, in the order they were given. */
  public Set<String> paths() {
    return java.util.Collections.unmodifiableSet(files.keySet());
  }

  /** How many there are. */
  public int count() {
    return files.size();
  }

  /** Contents by path; neither copied nor to be changed. */
  Map<String, byte[]> contents() {
    return java.util.Collections.unmodifiableMap(files);
  }

  private static String normalize(String path) {
    if (path.startsWith("/") || path.startsWith("\\") || DRIVE.matcher(path).matches()) {
      throw refuse("Absolute paths are not allowed: " + path);
    }
    if (path.indexOf('\0') >= 0) {
      throw refuse("Path contains a NUL character: " + path.replace("\0", "\\0"));
    }
    List<String> kept = new ArrayList<>();
    for (String segment : path.split("/")) {
      switch (segment) {
        case "", "." -> {}
        case ".." -> {
          if (kept.isEmpty()) {
            throw refuse("Path traversal not allowed: " + path);
          }
          kept.removeLast();
        }
        default -> kept.add(segment);
      }
    }
    if (kept.isEmpty()) {
      throw refuse("Path traversal not allowed: " + path);
    }
    return String.join("/", kept);
  }

  private static void refuseNested(Set<String> paths) {
    Set<String> sorted = new TreeSet<>(paths);
    for (String path : sorted) {
      for (int at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
        if (sorted.contains(path.substring(0, at))) {
          throw refuse("Duplicate path: " + path);
        }
      }
    }
  }

  private static RunRefusedException refuse(String message) {
    return RunRefusedException.invalidField("files", message);
  }

  /** The paths, never the contents. */
  @Override
  public String toString() {
    return "InputFiles" + Arrays.toString(files.keySet().toArray());
  }
}
