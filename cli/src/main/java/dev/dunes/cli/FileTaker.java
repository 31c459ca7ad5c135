package dev.dunes.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Base64;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Saves files that a run made, below one directory and nowhere else. */
final class FileTaker {
  private final Path directory;
  private final Path shownFrom;
  private final RunEvents run;

  /**
   * @param shownFrom what paths below it are shown relative to
   */
  FileTaker(Path directory, Path shownFrom, RunEvents run) {
    this.directory = directory.toAbsolutePath().normalize();
    this.shownFrom = shownFrom.toAbsolutePath().normalize();
    this.run = run;
  }

  /** Saves the file of an event; where it is, for people. */
  String take(JsonNode event) {
    String relative = event.path("relative_path").asString("");
    Path target = target(relative);
    try {
      Files.createDirectories(Optional.ofNullable(target.getParent()).orElse(directory));
      JsonNode data = event.path("data");
      if (data.isString()) {
        Files.write(target, Base64.getDecoder().decode(data.asString()));
      } else {
        try (InputStream contents = run.file(relative)) {
          Files.copy(contents, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
      return Printable.line(
          (target.startsWith(shownFrom) ? shownFrom.relativize(target) : target).toString());
    } catch (IOException | IllegalArgumentException e) {
      throw new Failure(
          ExitCodes.ERROR,
          "cannot save %s: %s".formatted(Printable.line(relative), e.getMessage()),
          "");
    }
  }

  /** Names come from a sandbox: none may lead out of the directory. */
  private Path target(String relative) {
    try {
      Path target = directory.resolve(relative).normalize();
      if (!relative.isEmpty() && target.startsWith(directory) && !target.equals(directory)) {
        return target;
      }
    } catch (InvalidPathException e) {
      // said below
    }
    throw new Failure(ExitCodes.ERROR, "not a name for a file: " + Printable.line(relative), "");
  }
}
