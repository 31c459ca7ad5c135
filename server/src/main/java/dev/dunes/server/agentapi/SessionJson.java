package dev.dunes.server.agentapi;

import dev.dunes.server.http.Json;
import dev.dunes.session.SessionInfo;
import tools.jackson.databind.node.ObjectNode;

/** {@code SessionInfo}. Agent API, sheet 2.3, and more after its fields. */
final class SessionJson {
  private SessionJson() {}

  static ObjectNode of(SessionInfo info) {
    ObjectNode json =
        Json.object()
            .put("sessionId", info.sessionId())
            .put("agent", info.agent())
            .put("agentMode", info.agentMode())
            .put("permissionMode", info.permissionMode())
            .put("model", info.model().orElse(null))
            .put("variant", info.variant().orElse(null))
            .put("nativeSessionId", info.nativeSessionId().orElse(null))
            .put("ended", info.ended())
            .put("eventCount", info.eventCount())
            .put("busy", info.busy());
    info.title().ifPresent(title -> json.put("title", title));
    info.directory().ifPresent(directory -> json.put("directory", directory));
    info.provider().ifPresent(provider -> json.put("provider", provider));
    info.sandboxId().ifPresent(sandbox -> json.put("sandboxId", sandbox));
    return json.put("createdAt", info.createdAt().toString())
        .put("updatedAt", info.updatedAt().toString());
  }
}
