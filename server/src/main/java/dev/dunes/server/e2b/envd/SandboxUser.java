package dev.dunes.server.e2b.envd;

import java.util.Optional;

/**
 * On whose behalf something is done in a sandbox.
 *
 * @param name as its client knows it
 * @param home where relative paths start
 * @param place what is meant when no path is given: where the sandbox's template says commands run
 * @param runAs another user than the sandbox's own
 */
record SandboxUser(String name, String home, String place, Optional<String> runAs) {
  /** The path that is meant: absolute, without dots and doubled slashes. E2B wire 2.6. */
  String path(String given) {
    if (given.isEmpty()) {
      return place;
    }
    if (given.indexOf('\0') >= 0) {
      throw new PathException("a path cannot have NUL characters");
    }
    if (given.startsWith("~") && given.length() > 1 && given.charAt(1) != '/') {
      throw new PathException(
          "path '%s' cannot be expanded: only ~ and ~/… are understood".formatted(given));
    }
    String rest = given.startsWith("~") ? given.substring(1) : given;
    return Paths.clean(given.startsWith("/") ? given : home + "/" + rest);
  }

  /** A path that cannot be meant. The message is for the client. */
  static final class PathException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PathException(String message) {
      super(message, null, false, false);
    }
  }
}
