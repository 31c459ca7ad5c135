package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalItem;
import dev.dunes.session.time.Timers;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Says when a turn has taken too long, or when nothing has happened for too long: the agent says
 * nothing, its model is not spoken to and no tool runs. Time in which a question waits for its
 * answer does not count. Agent API, sheet 4.12.
 */
final class TurnWatch {
  private static final int MOST_TOOLS = 1000;

  private final Timers timers;
  private final Supplier<Instant> model;
  private final BooleanSupplier asking;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<String> tools = new HashSet<>();
  private Instant heard = Instant.EPOCH;
  private Instant looked = Instant.EPOCH;
  private Duration used = Duration.ZERO;
  private Timers.@Nullable Timer timer;

  /**
   * @param model when it was last spoken to
   * @param asking whether the agent waits for an answer
   */
  TurnWatch(Timers timers, Supplier<Instant> model, BooleanSupplier asking) {
    this.timers = timers;
    this.model = model;
    this.asking = asking;
  }

  /** A turn begins. */
  void begin(Duration turn, Duration quiet, Consumer<String> tooLong) {
    Duration least = turn.compareTo(quiet) < 0 ? turn : quiet;
    Duration period = Duration.ofMillis(Math.clamp(least.toMillis() / 8, 20, 5000));
    lock.lock();
    try {
      stop();
      heard = Instant.now();
      looked = heard;
      used = Duration.ZERO;
      tools.clear();
      timer = timers.every(period, () -> look(turn, quiet).ifPresent(tooLong));
    } finally {
      lock.unlock();
    }
  }

  private Optional<String> look(Duration turn, Duration quiet) {
    boolean paused = asking.getAsBoolean();
    lock.lock();
    try {
      if (timer == null) {
        return Optional.empty();
      }
      Instant now = Instant.now();
      if (paused) {
        heard = now;
      } else {
        used = used.plus(Duration.between(looked, now));
      }
      looked = now;
      if (used.compareTo(turn) >= 0) {
        stop();
        return Optional.of("the turn took longer than %s".formatted(text(turn)));
      }
      Instant last = model.get().isAfter(heard) ? model.get() : heard;
      if (tools.isEmpty() && Duration.between(last, now).compareTo(quiet) >= 0) {
        stop();
        return Optional.of("nothing happened for %s".formatted(text(quiet)));
      }
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private static String text(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }

  /** The agent said something. */
  void heard() {
    lock.lock();
    try {
      heard = Instant.now();
    } finally {
      lock.unlock();
    }
  }

  /** A tool may have begun or ended. */
  void heard(AgentEvent event) {
    UniversalItem item =
        switch (event) {
          case AgentEvent.ItemStarted started -> started.item();
          case AgentEvent.ItemCompleted completed -> completed.item();
          default -> null;
        };
    if (item == null
        || (item.kind() != UniversalItem.Kind.TOOL_CALL
            && item.kind() != UniversalItem.Kind.TOOL_RESULT)) {
      return;
    }
    boolean result = event instanceof AgentEvent.ItemCompleted;
    lock.lock();
    try {
      for (ContentPart part : item.content()) {
        switch (part) {
          case ContentPart.ToolCall call when tools.size() < MOST_TOOLS -> tools.add(call.callId());
          case ContentPart.ToolResult answer when result -> tools.remove(answer.callId());
          default -> {}
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** No turn runs any more. */
  void end() {
    lock.lock();
    try {
      stop();
    } finally {
      lock.unlock();
    }
  }

  private void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
