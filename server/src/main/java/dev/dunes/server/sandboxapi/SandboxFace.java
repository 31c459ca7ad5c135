package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.Hosting;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.http.Route;
import java.util.ArrayList;
import java.util.List;

/**
 * What is in sandboxes and around them, over HTTP: processes, files, events, templates, keys.
 * Sandbox API 2.3 to 2.6.
 */
public final class SandboxFace {
  private final Hosting hosting;
  private final Gate gate;

  public SandboxFace(Hosting hosting, Gate gate) {
    this.hosting = hosting;
    this.gate = gate;
  }

  /** What this face answers. */
  public List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    routes.addAll(new ProcessRoutes(hosting).routes(gate));
    routes.addAll(new FileRoutes(hosting).routes(gate));
    routes.addAll(new EventRoutes(hosting).routes(gate));
    routes.addAll(new TemplateRoutes(hosting).routes(gate));
    routes.addAll(new KeyRoutes(hosting).routes(gate));
    return routes;
  }
}
