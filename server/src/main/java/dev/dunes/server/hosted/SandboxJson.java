package dev.dunes.server.hosted;

import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Timestamps;
import dev.dunes.server.http.Json;
import tools.jackson.databind.node.ObjectNode;

/** A sandbox as it is shown, in the words of two kinds of clients. Sandbox API 2.2. */
public final class SandboxJson {
  /** What clients of the second kind expect. E2B wire 2.3. */
  private static final String CLIENT_ID = "6532622b";

  /** The protocol inside that clients of the second kind speak. E2B wire 3.9. */
  private static final String ENVD_VERSION = "0.6.13";

  private SandboxJson() {}

  public static ObjectNode of(HostedSandbox sandbox) {
    String state = sandbox.paused() ? "paused" : "running";
    ObjectNode json =
        Json.object().put("sandboxID", sandbox.id()).put("templateID", sandbox.template());
    sandbox.alias().ifPresent(alias -> json.put("alias", alias));
    json.put("clientID", CLIENT_ID)
        .put("status", state)
        .put("state", state)
        .put("startedAt", Timestamps.text(sandbox.startedAt()))
        .put("endAt", Timestamps.text(sandbox.endAt()));
    putNumber(json, "cpuCount", sandbox.cpuCores());
    json.put("memoryMB", sandbox.memoryMb()).put("diskSizeMB", sandbox.diskMb());
    ObjectNode metadata = json.putObject("metadata");
    sandbox.metadata().forEach(metadata::put);
    json.put("envdVersion", ENVD_VERSION);
    sandbox.accessToken().ifPresent(token -> json.put("envdAccessToken", token));
    json.putNull("trafficAccessToken").putNull("domain").putArray("volumeMounts");
    sandbox
        .pausedWith()
        .ifPresent(kind ->
            json.put("pausedWith", kind == HostedSandbox.PauseKind.MEMORY ? "memory" : "disk")
                .put("wakesOnRequest", sandbox.wakes()));
    return json;
  }

  /** Whole numbers without a fraction. */
  public static void putNumber(ObjectNode json, String name, double value) {
    if (value == Math.rint(value)) {
      json.put(name, (long) value);
    } else {
      json.put(name, value);
    }
  }
}
