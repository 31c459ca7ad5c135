package dev.dunes.session;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.JsonNode;

/**
 * Knows whether a run still gets on: its agent says something, its model is spoken to, a tool runs,
 * or a slow client holds everything up.
 */
final class Progress {
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<String> toolsRunning = new HashSet<>();
  private Instant last = Instant.now();
  private boolean heldUp;

  /** The agent said something. */
  void heard() {
    lock.lock();
    try {
      last = Instant.now();
    } finally {
      lock.unlock();
    }
  }

  /** The agent said this message: it may begin or end the use of tools. */
  void heard(JsonNode message) {
    lock.lock();
    try {
      last = Instant.now();
      message
          .path("message")
          .path("content")
          .valueStream()
          .forEach(part -> {
            switch (part.path("type").asString("")) {
              case "tool_use" -> toolsRunning.add(part.path("id").asString(""));
              case "tool_result" -> toolsRunning.remove(part.path("tool_use_id").asString(""));
              default -> {}
            }
          });
    } finally {
      lock.unlock();
    }
  }

  /** Whether the run waits for its client. */
  void heldUp(boolean value) {
    lock.lock();
    try {
      heldUp = value;
      last = Instant.now();
    } finally {
      lock.unlock();
    }
  }

  /**
   * How long nothing has happened.
   *
   * @param gateway when a byte last went to or came from the model
   */
  Duration idle(Instant gateway) {
    lock.lock();
    try {
      if (heldUp || !toolsRunning.isEmpty()) {
        return Duration.ZERO;
      }
      Instant latest = gateway.isAfter(last) ? gateway : last;
      Duration idle = Duration.between(latest, Instant.now());
      return idle.isNegative() ? Duration.ZERO : idle;
    } finally {
      lock.unlock();
    }
  }
}
