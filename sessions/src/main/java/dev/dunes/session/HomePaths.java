package dev.dunes.session;

/**
 * Where things are in the sandbox of a run.
 *
 * @param home of its user; uploads and the agent's work are here
 */
record HomePaths(String home) {
  /** The home in sandboxes that have a file system of their own, and in events. */
  static final String HOME = "/home/user";

  static final HomePaths USUAL = new HomePaths(HOME);

  String at(String relative) {
    return home + "/" + relative;
  }

  String claude() {
    return at(".claude");
  }

  String projects() {
    return claude() + "/projects";
  }
}
