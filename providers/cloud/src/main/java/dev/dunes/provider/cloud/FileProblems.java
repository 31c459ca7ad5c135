package dev.dunes.provider.cloud;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFileException.Reason;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Why something with a file failed, from what programs write to standard error. */
public final class FileProblems {
  private static final String OURS = "dunes: ";

  /** The words of glibc and of musl. */
  private static final List<Map.Entry<String, Reason>> WORDS =
      List.of(
          Map.entry("No such file or directory", Reason.NOT_FOUND),
          Map.entry("nonexistent directory", Reason.NOT_FOUND),
          Map.entry("Not a directory", Reason.NOT_DIRECTORY),
          Map.entry("Is a directory", Reason.IS_DIRECTORY),
          Map.entry("Directory not empty", Reason.NOT_EMPTY),
          Map.entry("File exists", Reason.EXISTS),
          Map.entry("Permission denied", Reason.PERMISSION),
          Map.entry("Operation not permitted", Reason.PERMISSION),
          Map.entry("Read-only file system", Reason.READ_ONLY),
          Map.entry("No space left on device", Reason.NO_SPACE),
          Map.entry("Disk quota exceeded", Reason.NO_SPACE),
          Map.entry("Too many levels of symbolic links", Reason.LOOP),
          Map.entry("Symbolic link loop", Reason.LOOP));

  private FileProblems() {}

  /**
   * What a program complained about.
   *
   * @param path as the caller gave it
   * @param complaint the last line it wrote; nothing when it wrote none
   */
  public static SandboxFileException of(CloudSandbox sandbox, String path, String complaint) {
    Reason reason = reason(complaint);
    String said = complaint.startsWith(OURS) || complaint.isEmpty() ? words(reason) : complaint;
    return new SandboxFileException(
        reason,
        path,
        "'%s': %s".formatted(Printable.of(path), Printable.of(said)),
        ErrorDetails.at(sandbox.provider(), sandbox.id()));
  }

  static Reason reason(String complaint) {
    if (complaint.startsWith(OURS)) {
      String name = complaint.substring(OURS.length()).strip();
      for (Reason reason : Reason.values()) {
        if (reason.name().equals(name)) {
          return reason;
        }
      }
    }
    return WORDS.stream()
        .filter(entry -> complaint.strip().endsWith(entry.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(Reason.IO);
  }

  private static String words(Reason reason) {
    return reason.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
  }

  /** What a stream wrapped comes out again as it was; anything else happened on this machine. */
  static SandboxException from(CloudSandbox sandbox, String path, IOException e) {
    if (e.getCause() instanceof SandboxException known) {
      return known;
    }
    return new SandboxFileException(
        Reason.IO,
        path,
        "'%s': %s".formatted(Printable.of(path), e.getMessage()),
        ErrorDetails.at(sandbox.provider(), sandbox.id()).withCause(e));
  }
}
