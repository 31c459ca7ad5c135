package dev.dunes.agent.pi;

import dev.dunes.agent.drive.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Our commands to pi and its responses. Each is answered within the limit, or given up. Safe for
 * use by several threads.
 */
final class PiCalls {
  static final Duration LIMIT = Duration.ofSeconds(30);

  /** For the first answer: the first start on a busy machine takes a while. */
  static final Duration START_LIMIT = Duration.ofSeconds(90);

  private final Consumer<String> write;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Call> open = new HashMap<>();
  private long last;

  private record Call(long deadline, Consumer<Optional<JsonNode>> then) {}

  PiCalls(Consumer<String> write) {
    this.write = write;
  }

  /**
   * Sends a command.
   *
   * @param limit how long to wait for the response
   * @param then gets the response; nothing when none came in time
   */
  void call(String type, ObjectNode fields, Duration limit, Consumer<Optional<JsonNode>> then) {
    lock.lock();
    try {
      String id = String.valueOf(++last);
      ObjectNode line = Json.object().put("id", id).put("type", type);
      fields.forEachEntry(line::set);
      write.accept(line.toString());
      open.put(id, new Call(System.nanoTime() + limit.toNanos(), then));
    } finally {
      lock.unlock();
    }
  }

  void response(JsonNode response) {
    Call call;
    lock.lock();
    try {
      call = open.remove(Json.text(response, "id", ""));
    } finally {
      lock.unlock();
    }
    if (call != null) {
      call.then().accept(Optional.of(response));
    }
  }

  Optional<Duration> untilExpiry() {
    lock.lock();
    try {
      return open.values().stream()
          .map(call -> Duration.ofNanos(Math.max(0, call.deadline() - System.nanoTime())))
          .min(Duration::compareTo);
    } finally {
      lock.unlock();
    }
  }

  void expire() {
    List<Call> late = new ArrayList<>();
    lock.lock();
    try {
      long now = System.nanoTime();
      open.values()
          .removeIf(call -> {
            boolean over = now - call.deadline() >= 0;
            if (over) {
              late.add(call);
            }
            return over;
          });
    } finally {
      lock.unlock();
    }
    late.forEach(call -> call.then().accept(Optional.empty()));
  }
}
