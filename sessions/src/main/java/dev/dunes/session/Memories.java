package dev.dunes.session;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.JsonNode;

/**
 * What is remembered about users, channels and teams: {@code memories.jsonl}, rows are only added.
 * At most 10,000; the oldest go first. Safe for use by several threads. Query API 2.11.
 */
public final class Memories {
  /** A memory's text is at most this long, in characters. */
  public static final int LONGEST = 4000;

  private static final int MOST = 10_000;
  private static final int MOST_PREFIX_BYTES = 32 << 10;

  private record Look(FileTime modified, long size) {}

  private final JsonLinesFile file;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Memory> memories = new LinkedHashMap<>();
  private Optional<Look> read = Optional.empty();

  Memories(JsonLinesFile file) {
    this.file = file;
  }

  /**
   * Keeps a text about a user.
   *
   * @throws RunRefusedException when it is empty or too long
   */
  public Memory remember(RunScope scope, String text) {
    String stripped = text.strip();
    if (!valid(text)) {
      throw RunRefusedException.invalidField("remember", "A memory has 1 to 4,000 characters");
    }
    Memory memory =
        new Memory(UUID.randomUUID().toString(), scope, stripped, Instant.now(), "user");
    lock.lock();
    try {
      refresh();
      file.append(memory.row(false));
      memories.put(memory.id(), memory);
      trim();
      read = look();
      return memory;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a text can be kept: 1 to 4,000 characters, space around it not counted. */
  public static boolean valid(String text) {
    String stripped = text.strip();
    int length = stripped.codePointCount(0, stripped.length());
    return length >= 1 && length <= LONGEST;
  }

  /** What a scope is told: of its team, its channel and its user, oldest first. */
  public List<Memory> visible(RunScope scope) {
    lock.lock();
    try {
      refresh();
      List<Memory> found = new ArrayList<>();
      for (String kind : List.of("team", "channel", "user")) {
        memories.values().stream()
            .filter(memory -> memory.kind().equals(kind) && belongs(memory, scope))
            .forEach(found::add);
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  /** Forgets a memory; only its author can. False when there is none of theirs with this id. */
  public boolean forget(String id, RunScope author) {
    lock.lock();
    try {
      refresh();
      Memory memory = memories.get(id);
      if (memory == null
          || !memory.scope().teamId().equals(author.teamId())
          || !memory.scope().userId().equals(author.userId())) {
        return false;
      }
      file.append(memory.row(true));
      memories.remove(id);
      read = look();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** What a run of this scope is told first; empty when there is nothing. At most 32 KiB. */
  String prefix(RunScope scope) {
    StringBuilder lines = new StringBuilder();
    int bytes = 0;
    // The newest are the ones that matter when there is not room for all.
    List<Memory> kept = new ArrayList<>();
    for (Memory memory : visible(scope).reversed()) {
      bytes += memory.text().getBytes(StandardCharsets.UTF_8).length + 3;
      if (bytes > MOST_PREFIX_BYTES) {
        break;
      }
      kept.addFirst(memory);
    }
    kept.forEach(memory -> lines.append("- ").append(memory.text()).append('\n'));
    return kept.isEmpty() ? "" : "User memory (persisted across sessions):\n" + lines + "\n";
  }

  private static boolean belongs(Memory memory, RunScope scope) {
    RunScope own = memory.scope();
    if (!own.teamId().equals(scope.teamId())) {
      return false;
    }
    return switch (memory.kind()) {
      case "team" -> true;
      case "channel" -> own.channelId().isPresent() && own.channelId().equals(scope.channelId());
      default -> own.userId().equals(scope.userId());
    };
  }

  /** Another process may have added rows. */
  private void refresh() {
    Optional<Look> now = look();
    if (now.isEmpty() || now.equals(read)) {
      return;
    }
    memories.clear();
    for (JsonNode row : file.read()) {
      if (row.path("deleted").asBoolean(false)) {
        Json.string(row, "id").ifPresent(memories::remove);
      } else {
        Memory.read(row).ifPresent(memory -> memories.put(memory.id(), memory));
      }
    }
    trim();
    read = now;
  }

  private void trim() {
    while (memories.size() > MOST) {
      memories.remove(memories.keySet().iterator().next());
    }
  }

  private Optional<Look> look() {
    try {
      return Optional.of(new Look(Files.getLastModifiedTime(file.path()), Files.size(file.path())));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
