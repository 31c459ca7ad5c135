package dev.dunes.provider.e2b;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * How the inside of a sandbox is reached.
 *
 * @param token for its daemon; none when it is open
 * @param domain below which it has its host name
 * @param version of its daemon
 */
record E2bAccess(Optional<String> token, Optional<String> domain, String version) {
  static E2bAccess of(JsonNode shown) {
    return new E2bAccess(
        text(shown, "envdAccessToken"),
        text(shown, "domain"),
        shown.path("envdVersion").asString(""));
  }

  private static Optional<String> text(JsonNode shown, String name) {
    return Optional.of(shown.path(name).asString("")).filter(value -> !value.isEmpty());
  }

  /** Whether its daemon is at least of this version. */
  boolean atLeast(int major, int minor, int patch) {
    String[] parts = version.split("[^0-9]+", 4);
    int[] wanted = {major, minor, patch};
    for (int i = 0; i < wanted.length; i++) {
      int has = i < parts.length && parts[i].matches("[0-9]{1,6}") ? Integer.parseInt(parts[i]) : 0;
      if (has != wanted[i]) {
        return has > wanted[i];
      }
    }
    return true;
  }

  /** Never shows the token. */
  @Override
  public String toString() {
    return "E2bAccess[version=%s]".formatted(version);
  }
}
