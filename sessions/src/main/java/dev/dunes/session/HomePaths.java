package dev.dunes.session;

/** Where things are in the sandbox of a run. */
final class HomePaths {
  static final String HOME = "/home/user";
  static final String CLAUDE = HOME + "/.claude";
  static final String PROJECTS = CLAUDE + "/projects";

  private HomePaths() {}
}
