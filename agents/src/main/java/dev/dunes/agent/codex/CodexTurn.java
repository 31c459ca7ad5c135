package dev.dunes.agent.codex;

import dev.dunes.agent.drive.Json;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * When a turn is over: its own {@code turn/completed} has come, every subagent that it started has
 * ended its turn, and no command runs. Sheet "driving agents", 2.4.
 *
 * <p>A command that still runs may be a server that never ends: it holds the turn for {@link
 * #COMMAND_LIMIT} only and is then stopped, as everything is after an interrupt.
 */
final class CodexTurn {
  static final Duration COMMAND_LIMIT = Duration.ofSeconds(60);

  /** How soon a command that is stopped is told to have ended; seen: at once. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  /** Codex forgets a command that it has started that very moment; later it knows it. */
  private static final Duration STOP_AGAIN = Duration.ofMillis(200);

  private static final int LIMIT = 10_000;

  /** The turns that run, by thread, those of subagents too. */
  private final Map<String, String> turns = new HashMap<>();

  /** Commands that run, and the thread of each. */
  private final Map<String, String> commands = new HashMap<>();

  /** Commands that wait for a permission, by the request. */
  private final Map<String, String> asking = new HashMap<>();

  private String thread = "";
  private boolean completed;
  private @Nullable Long stopUntil;
  private int unanswered;
  private @Nullable Long wait;

  /** What is to be done now. */
  enum Verdict {
    GOES_ON,
    STOP_COMMANDS,
    /** Commands that do not stop. */
    STUCK,
    OVER
  }

  /** Which thread is ours. */
  void thread(String id) {
    thread = id;
  }

  void begin() {
    completed = false;
    stopUntil = null;
    wait = null;
  }

  /** The id of our turn, once it is known and as long as it runs. */
  Optional<String> id() {
    return Optional.ofNullable(turns.get(thread));
  }

  /** {@code turn/start} was answered with this turn. */
  void started(String turnId) {
    if (!completed) {
      turns.put(thread, turnId);
    }
  }

  /** The turns that run, by thread. */
  Map<String, String> running() {
    return Map.copyOf(turns);
  }

  /** Whether this turn runs, of whichever thread. */
  boolean isRunning(String turnId) {
    return turns.containsValue(turnId);
  }

  /** The threads in which commands may run. */
  Set<String> threads() {
    Set<String> all = new HashSet<>(commands.values());
    all.addAll(turns.keySet());
    all.add(thread);
    return all;
  }

  /** Looks at a notification; all of them must be shown. */
  void see(String method, JsonNode params) {
    String of = Json.text(params, "threadId", "");
    JsonNode item = params.path("item");
    boolean command = Json.text(item, "type", "").equals("commandExecution");
    switch (method) {
      case "turn/started" -> {
        if (turns.size() < LIMIT) {
          turns.put(of, Json.text(params.path("turn"), "id", ""));
        }
        wait = null;
      }
      case "turn/completed" -> {
        turns.remove(of);
        completed |= of.equals(thread);
        wait = null;
      }
      case "item/started" -> {
        if (command && commands.size() < LIMIT) {
          commands.put(Json.text(item, "id", ""), of);
        }
      }
      case "item/completed" -> {
        if (command) {
          commands.remove(Json.text(item, "id", ""));
        }
      }
      case "serverRequest/resolved" -> {
        String asked = asking.remove(String.valueOf(params.get("requestId")));
        if (asked != null && turns.containsKey(of)) {
          commands.put(asked, of);
        }
      }
      default -> {}
    }
  }

  /** A command waits for a permission, so it does not run. */
  void asks(JsonNode requestId, JsonNode params) {
    String item = Json.text(params, "itemId", "");
    if (commands.remove(item) != null) {
      asking.put(requestId.toString(), item);
    }
  }

  /**
   * How the turn stands.
   *
   * @param interrupted whether everything shall end
   * @param now in nanoseconds
   */
  Verdict verdict(boolean interrupted, long now) {
    if (!completed || !turns.isEmpty()) {
      return Verdict.GOES_ON;
    }
    if (!interrupted && commands.isEmpty()) {
      return Verdict.OVER;
    }
    if (stopUntil == null) {
      if (!interrupted && !expired(now, COMMAND_LIMIT)) {
        return Verdict.GOES_ON;
      }
      stopUntil = now + STOP_LIMIT.toNanos();
      return stop(now);
    }
    if (unanswered <= 0 && commands.isEmpty()) {
      return Verdict.OVER;
    }
    if (now - stopUntil >= 0) {
      return Verdict.STUCK;
    }
    return unanswered <= 0 && expired(now, STOP_AGAIN) ? stop(now) : Verdict.GOES_ON;
  }

  private Verdict stop(long now) {
    unanswered = threads().size();
    wait = now + STOP_AGAIN.toNanos();
    return Verdict.STOP_COMMANDS;
  }

  /** The commands of one of {@link #threads()} were told to stop, which was answered. */
  void stopAnswered() {
    unanswered--;
  }

  private boolean expired(long now, Duration limit) {
    if (wait == null) {
      wait = now + limit.toNanos();
    }
    return now - wait >= 0;
  }

  /** When {@link #verdict} may change without a message, in nanoseconds. */
  Optional<Long> deadline() {
    if (!completed) {
      return Optional.empty();
    }
    return Optional.ofNullable(stopUntil != null && unanswered > 0 ? stopUntil : wait);
  }

  /** The turn is over; what was left is forgotten. */
  void end() {
    begin();
    commands.clear();
    asking.clear();
    turns.clear();
  }
}
