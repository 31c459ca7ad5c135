package dev.dunes.server.agentapi;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.server.http.SseStream;
import dev.dunes.server.v1.Guard;
import dev.dunes.session.Sessions;
import java.util.List;
import java.util.stream.Stream;

/** The agent API at {@code /v1}: agents, sessions, their events. */
public final class AgentApiFace {
  private static final Reply HEALTHY = Reply.json(200, Json.object().put("status", "ok"));
  private static final Reply STOPPING = Reply.json(503, Json.object().put("status", "stopping"));

  private final AgentRoutes agents;
  private final SessionRoutes sessions;
  private final TalkRoutes talk;
  private final EventRoutes events;
  private volatile boolean stopping;

  /**
   * @param streams begins answers that are streams
   */
  public AgentApiFace(Sessions sessions, SseStream.Opener streams) {
    this.agents = new AgentRoutes(sessions);
    this.sessions = new SessionRoutes(sessions);
    this.talk = new TalkRoutes(sessions, streams);
    this.events = new EventRoutes(sessions, streams);
  }

  /** What this face answers. */
  public List<Route> routes() {
    return Stream.of(
            Stream.of(Route.open("GET", "/v1/health", this::health)),
            agents.routes().stream(),
            sessions.routes().stream(),
            talk.routes().stream(),
            events.routes().stream())
        .flatMap(routes -> routes)
        .map(route ->
            new Route(route.method(), route.pattern(), route.access(), Guard.of(route.handler())))
        .toList();
  }

  private void health(Exchange exchange) throws InterruptedException {
    exchange.send(stopping ? STOPPING : HEALTHY);
  }

  /** Says from now on that the server is not healthy: clients wait for the next one. */
  public void stop() {
    stopping = true;
  }
}
