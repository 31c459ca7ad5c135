package dev.dunes.session.remote;

import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentModels;
import dev.dunes.session.AgentInstallation;
import dev.dunes.session.AgentStatus;
import dev.dunes.session.SearchHit;
import dev.dunes.session.Session;
import dev.dunes.session.SessionException;
import dev.dunes.session.SessionInfo;
import dev.dunes.session.SessionSpec;
import dev.dunes.session.Sessions;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/**
 * The sessions of a server. What a server of others does not say of its agents ({@code dialects},
 * {@code permissionModes}) is as in {@link dev.dunes.agent.AgentTraits#PLAIN}.
 */
public final class RemoteSessions implements Sessions {
  private final Wire wire;

  private RemoteSessions(Wire wire) {
    this.wire = wire;
  }

  /**
   * Those of the server at an address; asks it whether it is there.
   *
   * @param server such as {@code http://127.0.0.1:2468}
   * @param token sent as a bearer token
   * @throws IllegalArgumentException when the address is none of HTTP
   * @throws SessionException {@code stream_error} when no server answers there
   */
  public static RemoteSessions connect(URI server, Optional<String> token) {
    boolean http = "http".equals(server.getScheme()) || "https".equals(server.getScheme());
    if (!http || server.getHost() == null) {
      throw new IllegalArgumentException(
          "the server's address must be a URL such as http://127.0.0.1:2468, not " + server);
    }
    String text = server.toString();
    Wire wire = new Wire(URI.create(text.endsWith("/") ? text : text + "/"), token);
    try {
      if (!wire.get("v1/health").path("status").asString("").equals("ok")) {
        throw Wire.broken("%s is no server of the agent API".formatted(server), null);
      }
      return new RemoteSessions(wire);
    } catch (SessionException e) {
      wire.close();
      throw e;
    }
  }

  @Override
  public List<AgentStatus> agents() {
    return wire.get("v1/agents").path("agents").valueStream().map(this::status).toList();
  }

  @Override
  public AgentStatus agent(String id) {
    return status(wire.get(Wire.path("agents", id)));
  }

  private AgentStatus status(JsonNode json) {
    return AgentJson.status(json, modes(json.path("id").asString("")));
  }

  @Override
  public AgentInstallation install(String agent, boolean again) {
    byte[] answer =
        wire.send(
            "POST",
            Wire.path("agents", agent, "install"),
            again ? Wire.object().put("reinstall", true) : Wire.object(),
            "prefer",
            "return=representation");
    return AgentJson.installation(wire.json(answer));
  }

  @Override
  public List<AgentMode> modes(String agent) {
    return AgentJson.modes(wire.get(Wire.path("agents", agent, "modes")));
  }

  @Override
  public AgentModels models(String agent) {
    return AgentJson.models(wire.get(Wire.path("agents", agent, "models")));
  }

  @Override
  public Session create(String id, SessionSpec spec) {
    wire.send("POST", Wire.path("sessions", id), SpecJson.of(spec));
    return new RemoteSession(wire, id);
  }

  @Override
  public Session get(String id) {
    RemoteSession session = new RemoteSession(wire, id);
    session.info();
    return session;
  }

  @Override
  public List<SessionInfo> list() {
    return wire.get("v1/sessions").path("sessions").valueStream().map(InfoJson::read).toList();
  }

  @Override
  public List<SearchHit> search(String words, OptionalInt limit) {
    String path = "v1/search?q=" + Wire.encoded(words);
    JsonNode found = wire.get(limit.isPresent() ? path + "&limit=" + limit.getAsInt() : path);
    return found
        .path("hits")
        .valueStream()
        .map(hit ->
            new SearchHit(
                hit.path("sessionId").asString(""),
                hit.path("sequence").asLong(0),
                hit.path("excerpt").asString("")))
        .toList();
  }

  /** Ends the connections; the sessions go on at the server. */
  @Override
  public void close() {
    wire.close();
  }
}
