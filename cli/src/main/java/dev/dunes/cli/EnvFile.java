package dev.dunes.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.regex.Pattern;

/** A file of variables, to which some are added. */
final class EnvFile {
  private final Path file;

  EnvFile(Path file) {
    this.file = file;
  }

  /** Whether a line sets a variable, be it to nothing. */
  boolean names(String variable) {
    return Pattern.compile("(?m)^\\s*(?:export\\s+)?" + Pattern.quote(variable) + "\\s*=")
        .matcher(text())
        .find();
  }

  /** Adds a line; the file stays for its owner alone when it is private. */
  void add(String line, boolean isPrivate) {
    try {
      if (isPrivate && !Files.exists(file)) {
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
      String before = text();
      String gap = before.isEmpty() || before.endsWith("\n") ? "" : "\n";
      Files.writeString(
          file, gap + line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      if (isPrivate) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      }
    } catch (IOException e) {
      throw new Failure(ExitCodes.ERROR, "cannot write %s: %s".formatted(file, e.getMessage()), "");
    }
  }

  private String text() {
    try {
      return Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      throw new Failure(ExitCodes.ERROR, "cannot read %s: %s".formatted(file, e.getMessage()), "");
    }
  }
}
