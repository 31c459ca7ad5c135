package dev.dunes.provider.local;

import java.nio.file.Path;

/** The three places a sandbox can write to for good, and where their contents are on the host. */
enum Place {
  HOME("home", "/home/user"),
  WORKSPACE("workspace", "/workspace"),
  /** Everything else; only when the root is a directory of its own and overlays can be had. */
  ROOT("root", "/");

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

  /** Its directory below one that holds all three. */
  Path in(Path parent) {
    return parent.resolve(directory);
  }
}
