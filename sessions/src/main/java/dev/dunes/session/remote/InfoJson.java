package dev.dunes.session.remote;

import dev.dunes.session.SessionInfo;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** {@code SessionInfo}. Agent API, sheet 2.3. */
final class InfoJson {
  private InfoJson() {}

  static SessionInfo read(JsonNode json) {
    return new SessionInfo(
        json.path("sessionId").asString(""),
        json.path("agent").asString(""),
        json.path("agentMode").asString(""),
        json.path("permissionMode").asString(""),
        text(json, "model"),
        text(json, "variant"),
        text(json, "nativeSessionId"),
        json.path("ended").asBoolean(false),
        json.path("eventCount").asLong(0),
        json.path("busy").asBoolean(false),
        text(json, "title"),
        text(json, "directory"),
        text(json, "provider"),
        text(json, "sandboxId"),
        time(json, "createdAt"),
        time(json, "updatedAt"));
  }

  static Optional<String> text(JsonNode json, String member) {
    return Optional.ofNullable(json.path(member).stringValue(null));
  }

  /** Other servers of this API do not say it. */
  private static Instant time(JsonNode json, String member) {
    try {
      return text(json, member).map(Instant::parse).orElse(Instant.EPOCH);
    } catch (DateTimeException e) {
      throw Wire.broken("a session whose `%s` is no time".formatted(member), e);
    }
  }
}
