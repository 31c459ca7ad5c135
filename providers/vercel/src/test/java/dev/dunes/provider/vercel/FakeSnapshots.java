package dev.dunes.provider.vercel;

import dev.dunes.provider.vercel.FakeVercel.Refusal;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.Snapshot;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the fake has saved: real snapshots of this machine. */
final class FakeSnapshots implements AutoCloseable {
  /** A month, unless another is asked for; 0 for ever. */
  static final long USUAL_LIFE = 30L * 24 * 3600 * 1000;

  private static final int PAGE = 2;

  private record Saved(String id, String box, Snapshot files, Forking from, ObjectNode shown) {}

  private final Map<String, Saved> all = new ConcurrentHashMap<>();

  JsonNode take(FakeBox box, long life) {
    Forking forking = box.sandbox.forking().orElseThrow();
    String id = "snap_" + UUID.randomUUID().toString().replace("-", "");
    long now = Instant.now().toEpochMilli();
    ObjectNode shown = FakeVercel.object().put("id", id).put("sourceSessionId", box.sessionId);
    shown.put("region", "iad1").put("status", "created").put("sizeBytes", 1000);
    shown.put("createdAt", now).put("updatedAt", now);
    if (life > 0) {
      shown.put("expiresAt", now + life);
    }
    all.put(id, new Saved(id, box.name, forking.snapshot(), forking, shown));
    box.snapshot = id;
    return shown;
  }

  boolean there(String id) {
    return all.containsKey(id);
  }

  /** The ids of all there are. */
  List<String> ids() {
    return List.copyOf(all.keySet());
  }

  /** What a sandbox of this machine starts with. */
  String image(String id) {
    return find(id).files().image();
  }

  private Saved find(String id) {
    return Optional.ofNullable(all.get(id))
        .orElseThrow(() -> new Refusal(410, "snapshot_not_found", "Snapshot is gone"));
  }

  /** All of a sandbox. */
  void forget(String box) {
    all.values().stream().filter(saved -> saved.box().equals(box)).forEach(this::delete);
  }

  private void delete(Saved saved) {
    all.remove(saved.id());
    saved.from().deleteSnapshot(saved.files().id());
  }

  JsonNode handle(HttpServerRequest request, List<String> parts) {
    if (parts.size() == 3) {
      return list(request);
    }
    Saved saved = find(parts.get(3));
    ObjectNode shown = saved.shown().deepCopy();
    if (request.method().name().equals("DELETE")) {
      delete(saved);
      shown.put("status", "deleted");
    }
    return FakeVercel.object().set("snapshot", shown);
  }

  private JsonNode list(HttpServerRequest request) {
    if (!FakeVercel.PROJECT.equals(request.getParam("project"))) {
      throw new Refusal(403, "forbidden", "not your project");
    }
    String after = Optional.ofNullable(request.getParam("cursor")).orElse("");
    Optional<String> name = Optional.ofNullable(request.getParam("name"));
    List<Saved> found =
        all.values().stream()
            .filter(saved -> name.isEmpty() || saved.box().equals(name.get()))
            .filter(saved -> saved.id().compareTo(after) > 0)
            .sorted(Comparator.comparing(Saved::id))
            .toList();
    ObjectNode page = FakeVercel.object();
    ArrayNode shown = page.putArray("snapshots");
    found.stream().limit(PAGE).forEach(saved -> shown.add(saved.shown()));
    page.putObject("pagination")
        .put("count", shown.size())
        .put("next", found.size() > PAGE ? found.get(PAGE - 1).id() : null);
    return page;
  }

  @Override
  public void close() {
    List.copyOf(all.values()).forEach(this::delete);
  }
}
