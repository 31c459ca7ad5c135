package dev.dunes.agent.custom;

import dev.dunes.agent.drive.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an agent has said of itself when it started last, kept in a file: what it can do is known
 * before it starts again, also to the next process. Safe for use by several threads.
 */
final class Declarations {
  private static final Logger LOG = LoggerFactory.getLogger(Declarations.class);
  private static final int VERSION_LIMIT = 64;

  private final Path file;
  private final CustomSettings settings;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<Declared> known = Optional.empty();

  /**
   * What it said.
   *
   * @param version its own, for people
   * @param resumable whether it can go on with a conversation
   * @param images whether it takes pictures
   */
  record Declared(Optional<String> version, boolean resumable, boolean images) {
    static final Declared NOTHING = new Declared(Optional.empty(), false, false);
  }

  Declarations(Path file, CustomSettings settings) {
    this.file = file;
    this.settings = settings;
  }

  /** The latest. */
  Declared latest() {
    lock.lock();
    try {
      if (known.isEmpty()) {
        known = Optional.of(read());
      }
      return known.get();
    } finally {
      lock.unlock();
    }
  }

  /** The agent has answered {@code initialize}. What it says is hostile: only flags are kept. */
  void hear(JsonNode answer) {
    JsonNode can = answer.path("agentCapabilities");
    Declared said =
        new Declared(
            Json.text(answer.path("agentInfo"), "version").map(Declarations::printable),
            Json.flag(can, "loadSession") || can.path("sessionCapabilities").has("resume"),
            Json.flag(can.path("promptCapabilities"), "image"));
    lock.lock();
    try {
      if (!latest().equals(said)) {
        known = Optional.of(said);
        write(said);
      }
    } finally {
      lock.unlock();
    }
  }

  private static String printable(String version) {
    return version
        .substring(0, Math.min(version.length(), VERSION_LIMIT))
        .replaceAll("[^\\x21-\\x7e]", "?");
  }

  private Declared read() {
    try {
      JsonNode json = Json.parse(Files.readString(file)).orElseGet(Json::object);
      return Json.text(json, "settings").filter(settings.fingerprint()::equals).isPresent()
          ? new Declared(
              Json.text(json, "version"), Json.flag(json, "resumable"), Json.flag(json, "images"))
          : Declared.NOTHING;
    } catch (NoSuchFileException e) {
      return Declared.NOTHING;
    } catch (IOException e) {
      LOG.warn("what {} can do is not known: {}", settings.id(), e.toString());
      return Declared.NOTHING;
    }
  }

  private void write(Declared said) {
    ObjectNode json = Json.object().put("settings", settings.fingerprint());
    said.version().ifPresent(version -> json.put("version", version));
    json.put("resumable", said.resumable()).put("images", said.images());
    try {
      Files.createDirectories(file.getParent());
      Path part = Files.createTempFile(file.getParent(), ".new-", ".json");
      try {
        Files.writeString(part, json.toPrettyString() + "\n");
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      LOG.warn("what {} can do is not kept: {}", settings.id(), e.toString());
    }
  }
}
