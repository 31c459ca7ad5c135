package dev.dunes.session;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The newest 200 runs, in memory and in {@code runs.jsonl}: a row when a run starts and one when it
 * ends, the last one of an id counts. Query API 2.11.
 */
final class RunStore {
  private static final int MOST = 200;
  private static final int COMPACT_ABOVE = 2000;
  private static final long MOST_BODY_BYTES = 64 << 20;
  private static final String PROCESS = "process";

  private final JsonLinesFile file;
  private final boolean storePrompts;
  private final ReentrantLock lock = new ReentrantLock();
  // INVARIANT: oldest first; live runs are never dropped, so they may exceed the bound.
  private final LinkedHashMap<String, RunRecord> runs = new LinkedHashMap<>();
  private final Map<String, RunBody> bodies = new LinkedHashMap<>();
  private long bodyBytes;

  private final CompletableFuture<Void> loaded;

  /** What was kept is read meanwhile: a run that starts does not wait for it. */
  RunStore(JsonLinesFile file, boolean storePrompts) {
    this.file = file;
    this.storePrompts = storePrompts;
    this.loaded =
        CompletableFuture.runAsync(
            this::load, task -> Thread.ofVirtual().name("run-store").start(task));
  }

  /** A run and the last row there is of it. */
  private record Kept(RunRecord run, JsonNode row) {}

  private void load() {
    List<JsonNode> rows = file.read();
    Map<String, Kept> kept = newest(rows);
    lock.lock();
    try {
      Map<String, RunRecord> ours = new LinkedHashMap<>(runs);
      Map<String, RunBody> oursBodies = new LinkedHashMap<>(bodies);
      runs.clear();
      bodies.clear();
      bodyBytes = 0;
      kept.forEach((id, old) -> {
        if (!ours.containsKey(id)) {
          runs.put(id, old.run());
          RunFormat.body(old.row()).ifPresent(body -> keep(id, body));
        }
      });
      runs.putAll(ours);
      oursBodies.forEach(this::keep);
      trim();
    } finally {
      lock.unlock();
    }
    if (rows.size() > COMPACT_ABOVE) {
      file.rewrite(all -> newest(all).values().stream().map(this::compact).toList());
    }
  }

  /** The newest, oldest first, as they are now; of a run the last row counts. */
  private static Map<String, Kept> newest(List<JsonNode> rows) {
    LinkedHashMap<String, Kept> kept = new LinkedHashMap<>();
    for (JsonNode row : rows) {
      RunFormat.read(row)
          .map(run -> run.running() && cutOff(row) ? run.cutOff() : run)
          .ifPresent(run -> kept.put(run.id(), new Kept(run, row)));
    }
    Iterator<Kept> oldest = kept.values().iterator();
    while (kept.size() > MOST && oldest.hasNext()) {
      if (!oldest.next().run().running()) {
        oldest.remove();
      }
    }
    return kept;
  }

  private JsonNode compact(Kept old) {
    return old.run().running()
        ? old.row()
        : RunFormat.write(old.run(), storePrompts ? RunFormat.body(old.row()) : Optional.empty());
  }

  private void awaitLoaded() {
    loaded.join();
  }

  /** A run of a process that still lives goes on there. */
  private static boolean cutOff(JsonNode row) {
    return Json.string(row, PROCESS)
        .flatMap(ProcessMark::parse)
        .map(ProcessMark::ended)
        .orElse(true);
  }

  /**
   * Takes in a run that starts; false when its id is taken. One that was kept under this id before
   * makes room for it.
   */
  boolean add(RunRecord run, RunBody body) {
    lock.lock();
    try {
      if (runs.putIfAbsent(run.id(), run) != null) {
        return false;
      }
      keep(run.id(), body);
      trim();
    } finally {
      lock.unlock();
    }
    file.append(row(run));
    return true;
  }

  /** What is known of a run while it goes on; in memory only. */
  void update(RunRecord run) {
    lock.lock();
    try {
      runs.computeIfPresent(run.id(), (id, old) -> run);
    } finally {
      lock.unlock();
    }
  }

  /** A run has ended. */
  void end(RunRecord run) {
    update(run);
    file.append(row(run));
    lock.lock();
    try {
      trim();
    } finally {
      lock.unlock();
    }
  }

  /** Whether a run has this id, as far as is known by now. */
  boolean knows(String id) {
    lock.lock();
    try {
      return runs.containsKey(id);
    } finally {
      lock.unlock();
    }
  }

  Optional<RunRecord> find(String id) {
    awaitLoaded();
    lock.lock();
    try {
      return Optional.ofNullable(runs.get(id));
    } finally {
      lock.unlock();
    }
  }

  /** The large parts of a run, while there is room for them. */
  Optional<RunBody> body(String id) {
    awaitLoaded();
    lock.lock();
    try {
      return Optional.ofNullable(bodies.get(id));
    } finally {
      lock.unlock();
    }
  }

  /** Newest first. */
  List<RunRecord> list(int limit) {
    awaitLoaded();
    lock.lock();
    try {
      return runs.sequencedValues().reversed().stream().limit(limit).toList();
    } finally {
      lock.unlock();
    }
  }

  private ObjectNode row(RunRecord run) {
    Optional<RunBody> body =
        storePrompts ? Optional.ofNullable(bodies.get(run.id())) : Optional.empty();
    ObjectNode row = RunFormat.write(run, body);
    if (run.running()) {
      row.put(PROCESS, ProcessMark.current().toString());
    }
    return row;
  }

  private void keep(String id, RunBody body) {
    bodies.put(id, body);
    bodyBytes += body.size();
    Iterator<RunBody> oldest = bodies.values().iterator();
    while (bodyBytes > MOST_BODY_BYTES && oldest.hasNext()) {
      bodyBytes -= oldest.next().size();
      oldest.remove();
    }
  }

  private void trim() {
    Iterator<RunRecord> oldest = runs.values().iterator();
    while (runs.size() > MOST && oldest.hasNext()) {
      RunRecord run = oldest.next();
      if (!run.running()) {
        oldest.remove();
        RunBody body = bodies.remove(run.id());
        bodyBytes -= body == null ? 0 : body.size();
      }
    }
  }
}
