package dev.dunes.agent.opencode;

import dev.dunes.agent.drive.Json;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * When a turn of OpenCode is over, by what it says of this session alone. It is over at the first
 * {@code session.idle} after the {@code busy} that followed our prompt; after an abort or an error
 * only once the message that failed and a second {@code session.idle} have come, or soon after:
 * what is sent before that is stored and never run. A prompt that is refused gives an error and
 * neither busy nor idle. Sheet "driving agents", 2.5.
 */
final class OpenCodeTurn {
  /** How long the second idle may take. */
  static final Duration SETTLE_LIMIT = Duration.ofSeconds(2);

  private boolean busy;
  private volatile boolean aborted;
  private int idles;
  private boolean failedMessage;
  private @Nullable JsonNode error;
  private @Nullable Long deadline;

  /** A prompt was sent. */
  void begin() {
    busy = false;
    aborted = false;
    idles = 0;
    failedMessage = false;
    error = null;
    deadline = null;
  }

  /** The turn is being stopped; may be said by any thread. */
  void abort() {
    aborted = true;
  }

  /**
   * Looks at an event of the session; all of them must be shown.
   *
   * @param now in nanoseconds
   */
  void see(String type, JsonNode properties, long now) {
    switch (type) {
      case "session.status" -> {
        String status = Json.text(properties.path("status"), "type", "");
        if (status.equals("busy") || status.equals("retry")) {
          if (!busy) { // an error before that was a warning
            error = null;
            deadline = null;
          }
          busy = true;
        }
      }
      case "session.error" -> {
        if (error == null) {
          error = Json.value(properties, "error").orElseGet(Json::object);
        }
        if (!busy) {
          settle(now);
        }
      }
      case "message.updated" -> {
        Optional<JsonNode> failed = Json.value(properties.path("info"), "error");
        if (busy && failed.isPresent()) {
          failedMessage = true;
          error = failed.get();
        }
      }
      case "session.idle" -> {
        if (busy) { // else it belongs to a turn before
          idles++;
          settle(now);
        }
      }
      default -> {}
    }
  }

  private void settle(long now) {
    if (deadline == null) {
      deadline = now + SETTLE_LIMIT.toNanos();
    }
  }

  /**
   * Whether it is over.
   *
   * @param now in nanoseconds
   */
  boolean over(long now) {
    if (idles > 0 && error == null && !aborted) {
      return true;
    }
    return (idles > 1 && failedMessage) || (deadline != null && now - deadline >= 0);
  }

  /** Whether it runs: what is aborted before that runs all the same. */
  boolean busy() {
    return busy;
  }

  /** What went wrong. */
  Optional<JsonNode> error() {
    return Optional.ofNullable(error);
  }

  /** When {@link #over} may change without an event, in nanoseconds. */
  Optional<Long> deadline() {
    return Optional.ofNullable(deadline);
  }
}
