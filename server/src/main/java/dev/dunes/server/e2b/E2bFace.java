package dev.dunes.server.e2b;

import dev.dunes.hosting.Hosting;
import dev.dunes.server.e2b.code.CodePort;
import dev.dunes.server.e2b.envd.EnvdPort;
import dev.dunes.server.e2b.proxy.ProgramConnections;
import dev.dunes.server.e2b.proxy.ProgramPort;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.SandboxJson;
import dev.dunes.server.http.Front;
import dev.dunes.server.http.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The wire of E2B, for its unmodified clients. E2B wire 2. */
public final class E2bFace {
  /** Where clients find processes and files of a sandbox. E2B wire 2.6. */
  static final int ENVD = EnvdPort.PORT;

  /** Where clients run code. E2B wire 2.10. */
  static final int CODE = 49999;

  private final Hosting hosting;
  private final SandboxJson sandboxes;
  private final Gate gate;
  private final ProgramConnections connections;
  private final Traffic traffic;

  /**
   * @param sandboxes how they are shown
   * @param gate knows who asks
   */
  public E2bFace(Hosting hosting, SandboxJson sandboxes, Gate gate) {
    this.gate = gate;
    this.hosting = hosting;
    this.sandboxes = sandboxes;
    Map<Integer, SandboxPort> ports =
        Map.of(
            ENVD, new EnvdPort(),
            CODE, new CodePort());
    this.connections = new ProgramConnections();
    this.traffic = new Traffic(hosting, ports, new ProgramPort(gate::isKey, connections));
  }

  /** What of the control plane is not shown by other faces, too. */
  public List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    routes.addAll(new CopyRoutes(hosting, sandboxes).routes(gate));
    routes.addAll(new ReportRoutes(hosting).routes(gate));
    routes.addAll(new PreviewRoutes(hosting, sandboxes).routes(gate));
    routes.addAll(new TcpRoutes(hosting, connections).routes(gate));
    routes.addAll(new NetworkRoutes(hosting).routes(gate));
    routes.addAll(new SecretRoutes(hosting).routes(gate));
    routes.addAll(new VolumeRoutes(hosting, sandboxes).routes(gate));
    routes.addAll(new VolumeContentRoutes(hosting).routes());
    return routes;
  }

  /** Takes requests for ports of sandboxes out of everything that comes in. */
  public Front.Ahead traffic() {
    return traffic;
  }
}
