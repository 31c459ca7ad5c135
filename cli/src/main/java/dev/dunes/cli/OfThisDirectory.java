package dev.dunes.cli;

import static java.util.Objects.requireNonNull;

import dev.dunes.hosting.ApiKeys;
import dev.dunes.server.DunesServer;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is kept for the server of this directory, without asking it. */
final class OfThisDirectory {
  private OfThisDirectory() {}

  static ApiKeys keys(Console console) {
    return new ApiKeys(DunesServer.hosting(console.directory()));
  }

  /** Whether no server has kept anything here. */
  static boolean isNew(Console console) {
    Path hosting = DunesServer.hosting(console.directory()).toAbsolutePath();
    return !Files.exists(requireNonNull(hosting.getParent(), "parent"));
  }

  /**
   * Tells who may be in the wrong directory.
   *
   * @param first whether nothing was kept here before
   * @param what is for a server of this directory
   */
  static void say(Console console, boolean first, String what) {
    if (first) {
      console.complain(
          "no server has kept anything in %s yet: %s is for one that is started there"
              .formatted(console.directory().toAbsolutePath().normalize(), what));
    }
  }
}
