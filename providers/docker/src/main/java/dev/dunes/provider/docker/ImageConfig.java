package dev.dunes.provider.docker;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * An image as a daemon has it.
 *
 * @param id its digest
 * @param user whom it wants to be
 * @param workingDir where its programs start
 */
record ImageConfig(String id, Optional<String> user, Optional<String> workingDir) {
  static ImageConfig of(JsonNode inspected) {
    JsonNode config = inspected.path("Config");
    return new ImageConfig(
        inspected.path("Id").asString(""),
        Optional.of(config.path("User").asString("")).filter(user -> !user.isEmpty()),
        Optional.of(config.path("WorkingDir").asString(""))
            .filter(path -> path.startsWith("/") && !path.equals("/")));
  }

  /** Whether a user, as images name it, is the container's root. */
  static boolean root(Optional<String> user) {
    String name = user.orElse("0").split(":", 2)[0];
    return name.equals("0") || name.equals("root");
  }
}
