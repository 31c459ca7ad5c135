package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What must be known of an ACP server beside what was sent: its identity, its sessions, which
 * requests wait for their answers, how often its client was asked. It is told as notes, which stand
 * between the messages of its log. Its lock is the last one: nothing of others is called. Safe for
 * use by several threads.
 */
final class AcpMemory {
  private static final String ASK = "srv-";

  private final AcpIdentity identity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<String> sessions = new LinkedHashSet<>();
  private final Set<JsonNode> unanswered = new LinkedHashSet<>();
  private int asked;

  AcpMemory(AcpIdentity identity) {
    this.identity = identity;
  }

  /** Takes a note. */
  void note(ObjectNode note) {
    lock.lock();
    try {
      if (note.has("request")) {
        unanswered.add(note.get("request"));
      }
      if (note.has("session")) {
        sessions.add(note.get("session").asString());
      }
      if (note.has("closed")) {
        sessions.remove(note.get("closed").asString());
      }
      asked = Math.max(asked, note.path("asked").asInt(0));
    } finally {
      lock.unlock();
    }
  }

  /** Takes a message that was sent. */
  void message(JsonNode message) {
    JsonNode id = message.get("id");
    if (id == null) {
      return;
    }
    if (!message.has("method")) {
      answered(id);
    } else if (id.isString() && id.asString().startsWith(ASK)) {
      lock.lock();
      try {
        asked = Math.max(asked, Integer.parseInt(id.asString().substring(ASK.length())));
      } finally {
        lock.unlock();
      }
    }
  }

  /** A request has its answer. */
  void answered(JsonNode id) {
    lock.lock();
    try {
      unanswered.remove(id);
    } finally {
      lock.unlock();
    }
  }

  /** The id of the next question to the client; it never meets one of the client's own. */
  String nextAsk() {
    lock.lock();
    try {
      return ASK + ++asked;
    } finally {
      lock.unlock();
    }
  }

  /** Requests without an answer. */
  List<JsonNode> unanswered() {
    lock.lock();
    try {
      return List.copyOf(unanswered);
    } finally {
      lock.unlock();
    }
  }

  /** Sessions it has begun or loaded. */
  List<String> sessions() {
    lock.lock();
    try {
      return List.copyOf(sessions);
    } finally {
      lock.unlock();
    }
  }

  boolean knows(String session) {
    lock.lock();
    try {
      return sessions.contains(session);
    } finally {
      lock.unlock();
    }
  }

  /** All of it: a memory that takes these notes is like this one. The first is the identity. */
  List<ObjectNode> notes() {
    lock.lock();
    try {
      List<ObjectNode> notes = new ArrayList<>();
      notes.add(identity.json().put("asked", asked));
      sessions.forEach(session -> notes.add(Json.object().put("session", session)));
      unanswered.forEach(id -> notes.add(request(id)));
      return notes;
    } finally {
      lock.unlock();
    }
  }

  static ObjectNode request(JsonNode id) {
    ObjectNode note = Json.object();
    note.set("request", id);
    return note;
  }

  static ObjectNode session(String id) {
    return Json.object().put("session", id);
  }

  static ObjectNode closed(String id) {
    return Json.object().put("closed", id);
  }
}
