package dev.dunes.agent.claude;

import dev.dunes.agent.drive.Json;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * When a turn is over. A result is not the end while something runs in the background: subagents do
 * so by default, and when one has ended another {@code init} and another result follow. So a turn
 * is over when every {@code init} has its result, nothing is queued, nothing runs in the
 * background, and no end of such a task waits to be told to the model. Sheet "driving agents", 2.3.
 *
 * <p>A shell command in the background may be a server that never ends: it holds the turn for
 * {@link #SHELL_LIMIT} only and is then stopped.
 */
final class ClaudeTurn {
  static final Duration SHELL_LIMIT = Duration.ofSeconds(60);

  /** How soon the model hears that a task has ended; seen: 0.1 s. */
  private static final Duration NOTICE_LIMIT = Duration.ofSeconds(3);

  private static final String SHELL = "local_bash";
  private static final int TASKS_LIMIT = 10_000;

  /** The kind of each task that runs in the background, by its id; outlives the turn. */
  private final Map<String, String> background = new HashMap<>();

  private int inits;
  private int results;
  private int queued;
  private boolean noticePending;
  private boolean stopping;
  private @Nullable Long wait;

  /** What is to be done now. */
  enum Verdict {
    GOES_ON,
    STOP_SHELLS,
    OVER
  }

  /** A turn begins; what runs in the background still does. */
  void begin() {
    inits = 0;
    results = 0;
    queued = 0;
    noticePending = false;
    stopping = false;
    wait = null;
  }

  /** Looks at a message; all of them must be shown. */
  void see(JsonNode message) {
    String type = Json.text(message, "type", "");
    String subtype = Json.text(message, "subtype", "");
    if (type.equals("result")) {
      results++;
      queued = Json.number(message, "queued_turn_count");
      wait = null;
    } else if (type.equals("user") && Json.value(message, "parent_tool_use_id").isEmpty()) {
      // The results of tools go to the model together with what has ended meanwhile.
      noticePending = false;
    } else if (type.equals("system")) {
      system(subtype, message);
    }
  }

  private void system(String subtype, JsonNode message) {
    switch (subtype) {
      case "init" -> {
        inits++;
        noticePending = false;
        wait = null;
      }
      case "background_tasks_changed" -> {
        background.clear();
        for (JsonNode task : message.path("tasks")) {
          if (background.size() < TASKS_LIMIT) {
            background.put(Json.text(task, "task_id", ""), Json.text(task, "task_type", ""));
          }
        }
        wait = null;
      }
      case "task_notification" -> {
        boolean known = background.containsKey(Json.text(message, "task_id", ""));
        boolean stopped = Json.text(message, "status", "").equals("stopped");
        noticePending |= known && !stopped;
      }
      default -> {}
    }
  }

  /** The ids of what runs in the background. */
  Set<String> background() {
    return Set.copyOf(background.keySet());
  }

  /**
   * How the turn stands.
   *
   * @param now in nanoseconds
   */
  Verdict verdict(long now) {
    if (results == 0 || inits > results || queued > 0) {
      return Verdict.GOES_ON;
    }
    if (!background.isEmpty()) {
      if (!background.values().stream().allMatch(SHELL::equals)) {
        return Verdict.GOES_ON;
      }
      if (!expired(now, SHELL_LIMIT)) {
        return Verdict.GOES_ON;
      }
      if (!stopping) {
        stopping = true;
        wait = now + NOTICE_LIMIT.toNanos();
        return Verdict.STOP_SHELLS;
      }
      return Verdict.OVER;
    }
    if (noticePending && !expired(now, NOTICE_LIMIT)) {
      return Verdict.GOES_ON;
    }
    return Verdict.OVER;
  }

  private boolean expired(long now, Duration limit) {
    if (wait == null) {
      wait = now + limit.toNanos();
    }
    return now - wait >= 0;
  }

  /** When {@link #verdict} may change without a message, in nanoseconds. */
  Optional<Long> deadline() {
    return Optional.ofNullable(wait);
  }
}
