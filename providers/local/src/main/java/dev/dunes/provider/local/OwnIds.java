package dev.dunes.provider.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The user and group this process runs as. */
final class OwnIds {
  private static final Path SELF = Path.of("/proc/self");

  private OwnIds() {}

  static int uid() {
    return attribute("unix:uid");
  }

  static int gid() {
    return attribute("unix:gid");
  }

  private static int attribute(String name) {
    try {
      return (int) Files.getAttribute(SELF, name);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot look at " + SELF, e);
    }
  }
}
