package dev.dunes.scripted;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A tool that the agent offers in a request.
 *
 * @param namespace the group it is in, which a call must repeat
 * @param freeform whether its input is a text and not JSON
 * @param schema of its input
 */
record OfferedTool(String name, Optional<String> namespace, boolean freeform, JsonNode schema) {
  boolean takes(String property) {
    return schema.path("properties").has(property);
  }
}
