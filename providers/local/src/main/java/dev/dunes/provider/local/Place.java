package dev.dunes.provider.local;

import java.nio.file.Path;
import java.util.List;

/** The places of a sandbox that are its own, and where their contents are on the host. */
enum Place {
  HOME("home", "/home/user"),
  WORKSPACE("workspace", "/workspace"),
  /** What is added to a root directory so that a sandbox can start in it. Read-only inside. */
  ROOT("root", "/");

  /** Those the sandbox can write to for good: a snapshot holds them and nothing else. */
  static final List<Place> SAVED = List.of(HOME, WORKSPACE);

  private final String directory;
  private final String inside;

  Place(String directory, String inside) {
    this.directory = directory;
    this.inside = inside;
  }

  /** Where the sandbox sees it. */
  String inside() {
    return inside;
  }

  /** Its directory below one that holds them all. */
  Path in(Path parent) {
    return parent.resolve(directory);
  }
}
