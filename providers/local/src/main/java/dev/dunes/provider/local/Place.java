package dev.dunes.provider.local;

import java.nio.file.Path;
import java.util.List;

/** The places of a sandbox that are its own, and where their contents are on the host. */
enum Place {
  HOME("home", "/home/user"),
  WORKSPACE("workspace", "/workspace"),
  /** Where most descriptions of templates put a program. */
  APP("app", "/app"),
  /** What is added to a root directory so that a sandbox can start in it. Read-only inside. */
  ROOT("root", "/");

  private static final List<Place> OF_ANY = List.of(HOME, WORKSPACE);
  private static final List<Place> OF_HOST_VIEW = List.of(HOME, WORKSPACE, APP);

  private final String directory;
  private final String inside;

  Place(String directory, String inside) {
    this.directory = directory;
    this.inside = inside;
  }

  /**
   * Those a sandbox can write to for good: a snapshot holds them and nothing else. The {@code /app}
   * of an image is the image's.
   */
  static List<Place> saved(RootView view) {
    return view.base() instanceof RootView.Host ? OF_HOST_VIEW : OF_ANY;
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
