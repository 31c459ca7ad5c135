package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is known of an ACP server without opening it.
 *
 * @param id chosen by its client
 * @param agent it is bound to
 * @param createdAtMillis since 1970
 */
record AcpIdentity(String id, String agent, long createdAtMillis) {
  ObjectNode json() {
    return Json.object()
        .put("serverId", id)
        .put("agent", agent)
        .put("createdAtMs", createdAtMillis);
  }

  static AcpIdentity of(ObjectNode json) {
    return new AcpIdentity(
        json.path("serverId").asString(),
        json.path("agent").asString(),
        json.path("createdAtMs").asLong());
  }
}
