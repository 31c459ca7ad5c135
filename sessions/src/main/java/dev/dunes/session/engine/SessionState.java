package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.EndReason;
import dev.dunes.agent.UniversalEvents;
import dev.dunes.session.SessionSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is kept of a session besides its events. Used with the lock of its session. */
final class SessionState {
  private static final JsonMapper JSON = JsonMapper.shared();

  final SessionSpec spec;
  String agentMode;
  String permissionMode;
  Optional<String> model;
  Optional<String> variant;
  Optional<String> title;
  Optional<String> nativeId = Optional.empty();

  /** The conversation that the first process goes on with, as one of its own. */
  Optional<String> forkOf = Optional.empty();

  @Nullable EndReason ended;

  /** How the agent's process ended, when that ended the session. */
  @Nullable Integer exitCode;

  String stderr = "";

  /** How many messages there were. */
  int turns;

  /** How many times there was a place: from the second on, what was kept is put into it. */
  int places;

  /** The turn that runs. */
  Optional<String> running = Optional.empty();

  /** The sequence after which it began. */
  long runningAfter;

  /** What was asked for and has not begun. */
  final List<String> waiting = new ArrayList<>();

  /** What the agent asked and is not answered, in order. */
  final List<AgentEvent> asked = new ArrayList<>();

  Optional<String> provider = Optional.empty();

  SessionState(SessionSpec spec, String agentMode, String permissionMode) {
    this.spec = spec;
    this.agentMode = agentMode;
    this.permissionMode = permissionMode;
    this.model = spec.model();
    this.variant = spec.variant();
    this.title = spec.title();
  }

  String toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.set("spec", SpecJson.write(spec));
    json.put("agentMode", agentMode);
    json.put("permissionMode", permissionMode);
    put(json, "model", model);
    put(json, "variant", variant);
    put(json, "title", title);
    put(json, "nativeId", nativeId);
    put(json, "forkOf", forkOf);
    put(json, "provider", provider);
    if (ended != null) {
      json.put("ended", ended.name().toLowerCase(Locale.ROOT));
    }
    if (exitCode != null) {
      json.put("exitCode", exitCode);
    }
    if (!stderr.isEmpty()) {
      json.put("stderr", stderr);
    }
    json.put("turns", turns);
    json.put("places", places);
    put(json, "running", running);
    json.put("runningAfter", runningAfter);
    ArrayNode prompts = json.putArray("waiting");
    waiting.forEach(prompts::add);
    ArrayNode requests = json.putArray("asked");
    asked.forEach(request ->
        requests
            .addObject()
            .put("type", request.type())
            .set("data", UniversalEvents.data(request)));
    return JSON.writeValueAsString(json);
  }

  static SessionState read(String text) {
    JsonNode json = JSON.readTree(text);
    SessionState state =
        new SessionState(
            SpecJson.read(json.path("spec")),
            json.path("agentMode").asString("build"),
            json.path("permissionMode").asString("default"));
    state.model = get(json, "model");
    state.variant = get(json, "variant");
    state.title = get(json, "title");
    state.nativeId = get(json, "nativeId");
    state.forkOf = get(json, "forkOf");
    state.provider = get(json, "provider");
    state.ended =
        get(json, "ended")
            .map(word -> EndReason.valueOf(word.toUpperCase(Locale.ROOT)))
            .orElse(null);
    JsonNode exit = json.get("exitCode");
    state.exitCode = exit == null ? null : exit.asInt();
    state.stderr = json.path("stderr").asString("");
    state.turns = json.path("turns").asInt(0);
    state.places = json.path("places").asInt(0);
    state.running = get(json, "running");
    state.runningAfter = json.path("runningAfter").asLong(0);
    json.path("waiting").valueStream().map(JsonNode::asString).forEach(state.waiting::add);
    json.path("asked")
        .valueStream()
        .map(
            request -> UniversalEvents.event(request.path("type").asString(), request.path("data")))
        .forEach(state.asked::add);
    return state;
  }

  private static void put(ObjectNode json, String name, Optional<String> value) {
    value.ifPresent(text -> json.put(name, text));
  }

  private static Optional<String> get(JsonNode json, String name) {
    return Optional.ofNullable(json.get(name)).map(JsonNode::asString);
  }
}
