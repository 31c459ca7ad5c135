package dev.dunes.agent.opencode;

import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.RecentMap;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** The session that is driven and those of its subagents: one server has all of them. */
final class OpenCodeSessions {
  private static final int LIMIT = 256;

  private final String own;

  /** The call that started each; empty as long as it is not known. */
  private final RecentMap<Optional<String>> children = new RecentMap<>(LIMIT);

  OpenCodeSessions(String own) {
    this.own = own;
  }

  /** An event {@code session.created}. */
  void created(JsonNode properties) {
    JsonNode info = properties.path("info");
    Optional<String> id = Json.text(info, "id");
    boolean child = Json.text(info, "parentID").filter(this::has).isPresent();
    if (child && id.isPresent() && children.get(id.get()).isEmpty()) {
      children.put(id.get(), Optional.empty());
    }
  }

  /** Which call started a subagent's session. */
  void startedBy(String session, String call) {
    if (!session.equals(own)) {
      children.put(session, Optional.of(call));
    }
  }

  /** The call that started a subagent's session, once it is known. */
  Optional<String> startedBy(String session) {
    return children.get(session).flatMap(call -> call);
  }

  boolean has(String session) {
    return session.equals(own) || children.get(session).isPresent();
  }
}
