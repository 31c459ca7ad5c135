package dev.dunes.session;

import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The sandboxes of all tests of this JVM: what a machine can do is found out once. */
final class SharedPlace {
  private static final Path STATE = temporary();
  private static final Sandboxes SANDBOXES = open();

  private SharedPlace() {}

  static Sandboxes sandboxes() {
    return SANDBOXES;
  }

  private static Path temporary() {
    try {
      // Sandboxes run as another user, who must be able to reach what they are shown.
      return Files.createTempDirectory(
          "dunes-state-",
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Sandboxes open() {
    Map<String, String> variables = new HashMap<>(System.getenv());
    variables.put("DUNES_STATE", STATE.toString());
    Sandboxes sandboxes =
        Sandboxes.builder().settings(new ProviderSettings(Map.of(), variables)).build();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> clear(sandboxes)));
    return sandboxes;
  }

  private static void clear(Sandboxes sandboxes) {
    sandboxes.close();
    try (Stream<Path> walk = Files.walk(STATE)) {
      List<Path> deepestFirst = walk.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
