package dev.dunes.provider.vercel;

import dev.dunes.sandbox.Sandbox;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A sandbox as the fake knows it. */
final class FakeBox {
  final String name;
  final Sandbox sandbox;
  final Map<String, String> env;
  final JsonNode asked;
  final String path;
  final long createdAt = Instant.now().toEpochMilli();
  final Map<String, FakeCommand> commands = new ConcurrentHashMap<>();
  volatile Map<String, String> tags = Map.of();
  volatile boolean persistent;
  volatile String status = "running";
  volatile String sessionId = newSession();
  volatile long startedAt = createdAt;
  volatile long timeout;

  /** What was saved last. */
  volatile String snapshot = "";

  FakeBox(String name, Sandbox sandbox, Map<String, String> env, JsonNode asked, String path) {
    this.name = name;
    this.sandbox = sandbox;
    this.env = env;
    this.asked = asked;
    this.path = path;
  }

  static String newSession() {
    return "sbx_" + UUID.randomUUID().toString().replace("-", "");
  }

  ObjectNode session() {
    ObjectNode shown = FakeVercel.object().put("id", sessionId).put("status", status);
    shown.put("memory", 4096).put("vcpus", 2).put("region", "iad1").put("cwd", "/vercel/sandbox");
    shown.put("timeout", timeout).put("requestedAt", startedAt).put("startedAt", startedAt);
    return shown.put("createdAt", startedAt).put("updatedAt", startedAt);
  }

  ObjectNode show() {
    ObjectNode shown = FakeVercel.object().put("name", name).put("persistent", persistent);
    shown.put("status", status).put("currentSessionId", sessionId).put("region", "iad1");
    shown.put("createdAt", createdAt).put("updatedAt", createdAt);
    if (!snapshot.isEmpty()) {
      shown.put("currentSnapshotId", snapshot);
    }
    tags.forEach(shown.putObject("tags")::put);
    return shown;
  }

  JsonNode whole() {
    ObjectNode answer = FakeVercel.object();
    answer.set("sandbox", show());
    answer.set("session", session());
    answer.putArray("routes");
    return answer;
  }
}
