package dev.dunes.provider.docker;

import dev.dunes.guest.SandboxStore;
import dev.dunes.guest.Uninterrupted;
import dev.dunes.provider.docker.SnapshotNotes.Note;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Snapshot;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Snapshots of sandboxes, which are images that the daemon makes of their containers. */
final class Snapshots {
  private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);
  private static final Duration BEING_TAKEN = Duration.ofMinutes(10);
  private static final Duration COMMIT_LIMIT = Duration.ofSeconds(30);
  private static final long COMMIT_POLL_MILLIS = 20;
  private static final String PREFIX = "snapshot:";
  private static final String REPOSITORY = "dunes-snapshot";
  private static final Pattern ID = Pattern.compile("[a-z0-9]{12,20}");

  private final Engine engine;
  private final SnapshotNotes notes;
  private final String instance;

  /** Those this program has deleted, whose files may be there still. */
  private final Set<String> forgotten = ConcurrentHashMap.newKeySet();

  Snapshots(Engine engine, SnapshotNotes notes, String instance) {
    this.engine = engine;
    this.notes = notes;
    this.instance = instance;
  }

  static boolean isSnapshot(String image) {
    return image.startsWith(PREFIX);
  }

  /** The daemon's own name for what a specification calls {@code snapshot:ID}. */
  static String reference(String image) {
    String id = image.substring(PREFIX.length());
    return REPOSITORY + ":" + (ID.matcher(id).matches() ? id : "none");
  }

  // ---- taking ----

  /** Saves a sandbox's files; the daemon holds it still while they are read. */
  Snapshot take(String sandbox) {
    Note note = save(sandbox);
    try {
      note.end();
      return snapshot(note);
    } catch (IOException e) {
      SandboxException failure = DockerErrors.disk("note that a snapshot was taken", e);
      Uninterrupted.run(() -> undo(note, failure));
      throw failure;
    }
  }

  /** Makes something of a snapshot that nobody is told of, and that is forgotten then. */
  <T> T lend(String sandbox, Function<Snapshot, T> work) {
    Note note = save(sandbox);
    try {
      return work.apply(snapshot(note));
    } finally {
      Uninterrupted.run(() -> forget(note));
    }
  }

  private static Snapshot snapshot(Note note) {
    return new Snapshot(note.id(), DockerSandboxProviderFactory.NAME, Instant.now());
  }

  private Note save(String sandbox) {
    Note note = begin(sandbox);
    ObjectNode config = JsonMapper.shared().createObjectNode();
    ObjectNode labels = config.putObject("Labels");
    labels.put(ContainerLabels.SNAPSHOT, note.id());
    labels.put(ContainerLabels.INSTANCE, instance);
    try {
      Answer answer =
          engine.call(
              "POST",
              "/commit?container=%s&repo=%s&tag=%s&pause=true"
                  .formatted(Containers.name(sandbox), REPOSITORY, note.id()),
              config,
              Engine.LONG);
      if (!answer.ok()) {
        throw DockerErrors.refused("save the sandbox's files", answer);
      }
      return note;
    } catch (RuntimeException | Error e) {
      Uninterrupted.run(() -> undo(note, e));
      throw e;
    }
  }

  private Note begin(String sandbox) {
    try {
      return notes.begin(SandboxStore.newId(), sandbox);
    } catch (IOException e) {
      throw DockerErrors.disk("note that a snapshot is taken", e);
    }
  }

  /**
   * Nobody knows of what was saved when its answer is lost. The daemon may still be at it: it holds
   * the container still until then.
   */
  private boolean undo(Note note, Throwable failure) {
    try {
      boolean answered = failure instanceof SandboxException e && e.statusCode().isPresent();
      long end = System.nanoTime() + COMMIT_LIMIT.toNanos();
      while (!answered && holdsStill(note.sandbox()) && System.nanoTime() - end < 0) {
        TimeUnit.MILLISECONDS.sleep(COMMIT_POLL_MILLIS);
      }
      boolean was = delete(note.id());
      collect();
      if (was || answered) {
        note.end();
      } else {
        note.giveUp(); // it may still come
      }
    } catch (SandboxException | IOException e) {
      failure.addSuppressed(e);
      giveUp(note, e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("the interrupt was put aside", e);
    }
    return true;
  }

  private boolean holdsStill(String sandbox) {
    Answer answer = engine.get("/containers/" + Containers.name(sandbox) + "/json");
    return answer.ok() && answer.json().path("State").path("Paused").asBoolean(false);
  }

  private boolean forget(Note note) {
    try {
      delete(note.id());
      collect();
      note.end();
    } catch (SandboxException | IOException e) { // what was made of it is what was asked for
      giveUp(note, e);
    }
    return true;
  }

  private static void giveUp(Note note, Exception why) {
    LOG.warn("snapshot {}:{} may be left until later", REPOSITORY, note.id(), why);
    try {
      note.giveUp();
    } catch (IOException e) {
      LOG.warn("snapshot {}:{} is left as long as this program runs", REPOSITORY, note.id(), e);
    }
  }

  // ---- deleting ----

  /** Forgets a snapshot; its files go once no container stands on them. */
  boolean delete(String snapshot) {
    if (!ID.matcher(snapshot).matches()) {
      return false;
    }
    forgotten.add(snapshot);
    Answer answer =
        engine.call(
            "DELETE",
            "/images/%s:%s?force=true".formatted(REPOSITORY, snapshot),
            null,
            Engine.LONG);
    if (answer.notFound()) {
      return false;
    }
    if (!answer.ok()) {
      throw DockerErrors.refused("delete the snapshot " + snapshot, answer);
    }
    return true;
  }

  /**
   * Removes the files of forgotten snapshots that nothing stands on any more. For a moment a
   * snapshot that is being taken looks as if it were forgotten, as the daemon names it last: so
   * what another program may have forgotten has to be some minutes old.
   */
  void collect() {
    long young = Instant.now().minus(BEING_TAKEN).getEpochSecond();
    for (JsonNode each : images("\"dangling\":[\"true\"],", ContainerLabels.SNAPSHOT)) {
      String id = each.path("Id").asString("");
      String snapshot = each.path("Labels").path(ContainerLabels.SNAPSHOT).asString("");
      if (!forgotten.contains(snapshot) && each.path("Created").asLong(0) > young) {
        continue;
      }
      Answer gone = engine.call("DELETE", "/images/" + id, null, Engine.LONG);
      if (!gone.ok() && !gone.notFound() && !gone.conflict()) {
        LOG.warn("the files of a snapshot cannot be removed now: {}", gone.message());
      } else if (!gone.conflict()) {
        forgotten.remove(snapshot);
      }
    }
  }

  /** Those being taken, and those whose taker is no more. */
  List<Note> noted() throws IOException {
    return notes.all();
  }

  /**
   * Removes what a program left that was killed while it took a snapshot, or could not clear it
   * away. The daemon may have begun before the program ended and be done later: so one that is not
   * there is looked for again for some minutes.
   */
  void clear(Note left) throws IOException {
    boolean was = delete(left.id());
    collect();
    boolean gone = images("", ContainerLabels.SNAPSHOT + "=" + left.id()).isEmpty();
    if (gone && (was || left.isOlderThan(BEING_TAKEN))) {
      LOG.debug("snapshot {}, whose taker is no more, is gone", left.id());
      left.end();
    }
  }

  private JsonNode images(String filter, String label) {
    Answer answer =
        engine.get(
            "/images/json?filters="
                + Engine.quote(
                    "{%s\"label\":[\"%s=%s\",\"%s\"]}"
                        .formatted(filter, ContainerLabels.INSTANCE, instance, label)));
    if (!answer.ok()) {
      throw DockerErrors.refused("list images", answer);
    }
    return answer.json();
  }
}
