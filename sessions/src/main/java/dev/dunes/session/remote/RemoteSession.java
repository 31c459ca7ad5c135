package dev.dunes.session.remote;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.session.EventPage;
import dev.dunes.session.Session;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionEvents;
import dev.dunes.session.SessionInfo;
import dev.dunes.session.SessionTurn;
import dev.dunes.session.TranscriptFormat;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A session of a server. */
final class RemoteSession implements Session {
  /** How many events are asked for at once. */
  private static final long CHUNK = 5_000;

  private final Wire wire;
  private final String id;

  RemoteSession(Wire wire, String id) {
    this.wire = wire;
    this.id = requireNonNull(id, "id");
  }

  private String path(String... segments) {
    List<String> all = new ArrayList<>(List.of("sessions", id));
    all.addAll(List.of(segments));
    return Wire.path(all.toArray(String[]::new));
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public SessionInfo info() {
    return InfoJson.read(wire.get(path()));
  }

  @Override
  public void send(Prompt prompt) {
    wire.send("POST", path("messages"), PromptJson.of(prompt));
  }

  @Override
  public SessionEvents turn(Prompt prompt) {
    return new TurnEvents(wire, new FrameEvents(stream(prompt, "?include_raw=true").body()));
  }

  @Override
  public SessionTurn start(Prompt prompt) {
    return RemoteTurn.of(wire, stream(prompt, "?until=end&include_raw=true"));
  }

  private HttpResponse<InputStream> stream(Prompt prompt, String query) {
    return wire.open(
        "POST",
        path("messages", "stream") + query,
        Wire.body(PromptJson.of(prompt)),
        Map.of("accept", Wire.EVENTS, "content-type", Wire.JSON));
  }

  @Override
  public EventPage page(long offset, OptionalLong limit) {
    List<SessionEvent> events = new ArrayList<>();
    long after = offset;
    boolean more = true;
    while (more) {
      long wanted = Math.min(CHUNK, limit.orElse(Long.MAX_VALUE) - events.size());
      JsonNode page =
          wire.get(
              "%s?offset=%d&limit=%d&include_raw=true".formatted(path("events"), after, wanted));
      for (JsonNode event : page.path("events")) {
        if (!(event instanceof ObjectNode object)) {
          throw Wire.broken("an event that is no object", null);
        }
        after = event.path("sequence").asLong(0);
        events.add(EventJson.of(after, object));
      }
      more = page.path("hasMore").asBoolean(false);
      if (limit.isPresent() && events.size() >= limit.getAsLong()) {
        return new EventPage(events, more);
      }
    }
    return new EventPage(events, false);
  }

  @Override
  public SessionEvents follow(long offset) {
    return FollowedEvents.open(wire, path("events", "sse"), offset);
  }

  @Override
  public void answerPermission(String permissionId, PermissionReply reply) {
    wire.send(
        "POST",
        path("permissions", permissionId, "reply"),
        Wire.object().put("reply", reply.name().toLowerCase(Locale.ROOT)));
  }

  @Override
  public void answerQuestion(String questionId, List<List<String>> answers) {
    ObjectNode body = Wire.object();
    ArrayNode all = body.putArray("answers");
    for (List<String> some : answers) {
      ArrayNode list = all.addArray();
      some.forEach(list::add);
    }
    wire.send("POST", path("questions", questionId, "reply"), body);
  }

  @Override
  public void rejectQuestion(String questionId) {
    wire.send("POST", path("questions", questionId, "reject"));
  }

  @Override
  public void interrupt() {
    wire.send("POST", path("interrupt"));
  }

  @Override
  public void rest() {
    wire.send("POST", path("rest"));
  }

  @Override
  public void terminate() {
    wire.send("POST", path("terminate"));
  }

  @Override
  public void setMode(String mode) {
    wire.send("PATCH", path(), Wire.object().put("agentMode", mode));
  }

  @Override
  public void setModel(String model, Optional<String> variant) {
    ObjectNode body = Wire.object().put("model", model);
    variant.ifPresent(value -> body.put("variant", value));
    wire.send("PATCH", path(), body);
  }

  @Override
  public void rename(String title) {
    wire.send("PATCH", path(), Wire.object().put("title", title));
  }

  @Override
  public Session fork(String newId) {
    wire.send("POST", path("fork"), Wire.object().put("sessionId", newId));
    return new RemoteSession(wire, newId);
  }

  @Override
  public void delete() {
    wire.send("DELETE", path());
  }

  @Override
  public String transcript(TranscriptFormat format) {
    return wire.text(path("transcript") + "?format=" + format.name().toLowerCase(Locale.ROOT));
  }

  @Override
  public String toString() {
    return "Session[" + id + "]";
  }
}
