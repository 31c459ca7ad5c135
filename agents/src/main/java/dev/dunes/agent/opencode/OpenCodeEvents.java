package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ContentPart.Visibility;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.agent.UniversalItem.Status;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.RecentMap;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What OpenCode's events mean in the schema that all agents share. A part of a message is an item
 * of the part's id; a call has its own id, its result {@code <call>:result}. Items of a subagent
 * have the call that started it as their parent.
 */
final class OpenCodeEvents {
  private final String session;
  private final OpenCodeSessions sessions;
  private final RecentMap<Role> roles = new RecentMap<>(1024);
  private final RecentMap<String> parts = new RecentMap<>(1024);
  private final OpenCodeToolEvents tools = new OpenCodeToolEvents();
  private boolean ours;

  /**
   * @param session the one that is driven
   */
  OpenCodeEvents(String session, OpenCodeSessions sessions) {
    this.session = session;
    this.sessions = sessions;
  }

  /** From now on what the user says is said by us, not by the user. */
  void speakForUser(boolean on) {
    ours = on;
  }

  List<AgentEvent> of(String type, JsonNode properties) {
    Optional<String> parent =
        Json.text(properties, "sessionID")
            .filter(id -> !id.equals(session))
            .flatMap(sessions::startedBy);
    return switch (type) {
      case "session.created" -> created(properties);
      case "message.updated" -> {
        JsonNode info = properties.path("info");
        boolean user = Json.text(info, "role", "").equals("user");
        roles.put(Json.text(info, "id", ""), user ? Role.USER : Role.ASSISTANT);
        yield List.of();
      }
      case "message.part.updated" -> part(properties.path("part"), parent);
      case "message.part.delta" -> delta(properties);
      case "session.status" ->
          Json.text(properties.path("status"), "type", "").equals("retry")
              ? status("retry", parent, without(properties.path("status"), "type"))
              : List.of();
      case "session.compacted", "todo.updated" ->
          status(type, parent, without(properties, "sessionID"));
      default -> List.of();
    };
  }

  private List<AgentEvent> created(JsonNode properties) {
    JsonNode info = properties.path("info");
    return Json.text(info, "id", "").equals(session) ? List.of(started(info)) : List.of();
  }

  /** The conversation that is driven. */
  static AgentEvent started(JsonNode info) {
    ObjectNode about = Json.object();
    for (String key : List.of("directory", "title", "version", "agent", "model")) {
      Json.value(info, key).ifPresent(value -> about.set(key, value));
    }
    return new AgentEvent.SessionStarted(Optional.of(about));
  }

  private List<AgentEvent> part(JsonNode part, Optional<String> parent) {
    Optional<String> id = Json.text(part, "id");
    return switch (Json.text(part, "type", "")) {
      case "text" -> text(id, part, parent);
      case "reasoning" -> {
        id.ifPresent(name -> parts.put(name, "reasoning"));
        yield done(part)
            ? List.of(
                completed(
                    id,
                    parent,
                    Kind.MESSAGE,
                    Role.ASSISTANT,
                    List.of(
                        new ContentPart.Reasoning(Json.text(part, "text", ""), Visibility.PUBLIC))))
            : List.of();
      }
      case "tool" -> {
        Json.text(part.path("state").path("metadata"), "sessionId")
            .ifPresent(child -> sessions.startedBy(child, Json.text(part, "callID", "")));
        yield tools.of(part, parent);
      }
      default -> List.of();
    };
  }

  private List<AgentEvent> text(Optional<String> id, JsonNode part, Optional<String> parent) {
    List<ContentPart> content = List.of(new ContentPart.Text(Json.text(part, "text", "")));
    String message = Json.text(part, "messageID", "");
    if (roles.get(message).orElse(Role.ASSISTANT) == Role.USER) {
      boolean added = Json.flag(part, "synthetic") || (ours && parent.isEmpty());
      Kind kind = added ? Kind.SYSTEM : Kind.MESSAGE;
      Role role = added ? Role.SYSTEM : Role.USER;
      return List.of(
          new AgentEvent.ItemStarted(
              new UniversalItem(
                  "", id, parent, kind, Optional.of(role), content, Status.IN_PROGRESS)),
          completed(id, parent, kind, role, content));
    }
    if (done(part)) {
      return List.of(completed(id, parent, Kind.MESSAGE, Role.ASSISTANT, content));
    }
    if (id.isEmpty() || parts.get(id.get()).isPresent()) {
      return List.of();
    }
    parts.put(id.get(), "text");
    return List.of(
        new AgentEvent.ItemStarted(
            new UniversalItem(
                "",
                id,
                parent,
                Kind.MESSAGE,
                Optional.of(Role.ASSISTANT),
                List.of(),
                Status.IN_PROGRESS)));
  }

  private static boolean done(JsonNode part) {
    return part.path("time").has("end");
  }

  private List<AgentEvent> delta(JsonNode properties) {
    Optional<String> id = Json.text(properties, "partID");
    Optional<String> delta = Json.text(properties, "delta");
    boolean text = id.flatMap(parts::get).filter("text"::equals).isPresent();
    return text && delta.isPresent()
        ? List.of(new AgentEvent.ItemDelta("", id, delta.get()))
        : List.of();
  }

  static List<AgentEvent> status(String label, Optional<String> parent, JsonNode detail) {
    return List.of(
        completed(
            Optional.empty(),
            parent,
            Kind.STATUS,
            Role.SYSTEM,
            List.of(new ContentPart.Status(label, Optional.of(detail.toString())))));
  }

  private static JsonNode without(JsonNode node, String key) {
    ObjectNode rest = Json.object();
    node.forEachEntry((name, value) -> {
      if (!name.equals(key)) {
        rest.set(name, value);
      }
    });
    return rest;
  }

  private static AgentEvent completed(
      Optional<String> id,
      Optional<String> parent,
      Kind kind,
      Role role,
      List<ContentPart> content) {
    return new AgentEvent.ItemCompleted(
        new UniversalItem("", id, parent, kind, Optional.of(role), content, Status.COMPLETED));
  }
}
