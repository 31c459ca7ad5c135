package dev.dunes.server.e2b;

import dev.dunes.hosting.Hosting;
import dev.dunes.server.e2b.code.CodePort;
import dev.dunes.server.e2b.envd.EnvdPort;
import dev.dunes.server.http.Front;
import java.util.Map;

/** The wire of E2B, for its unmodified clients. E2B wire 2. */
public final class E2bFace {
  /** Where clients find processes and files of a sandbox. E2B wire 2.6. */
  static final int ENVD = EnvdPort.PORT;

  /** Where clients run code. E2B wire 2.10. */
  static final int CODE = 49999;

  private final Traffic traffic;

  public E2bFace(Hosting hosting) {
    Map<Integer, SandboxPort> ports =
        Map.of(
            ENVD, new EnvdPort(),
            CODE, new CodePort());
    this.traffic =
        new Traffic(hosting, ports, new UnservedPort("programs that listen in a sandbox"));
  }

  /** Takes requests for ports of sandboxes out of everything that comes in. */
  public Front.Ahead traffic() {
    return traffic;
  }
}
