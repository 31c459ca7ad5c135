package dev.dunes.scripted;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What goes wrong at present, and how often still. */
final class Faults {
  private static final int ALWAYS = -1;

  private record Pending(Fault fault, int times) {}

  private final AtomicReference<@Nullable Pending> pending = new AtomicReference<>();

  void set(Fault fault) {
    pending.set(new Pending(fault, ALWAYS));
  }

  void set(Fault fault, int times) {
    if (times < 1) {
      throw new IllegalArgumentException("times must be at least 1, not " + times);
    }
    pending.set(new Pending(fault, times));
  }

  void clear() {
    pending.set(null);
  }

  /** The fault for a request, which is one time less for the next. */
  Optional<Fault> take() {
    Pending before =
        pending.getAndUpdate(now -> {
          if (now == null || now.times() == ALWAYS) {
            return now;
          }
          return now.times() == 1 ? null : new Pending(now.fault(), now.times() - 1);
        });
    return Optional.ofNullable(before).map(Pending::fault);
  }

  /**
   * Reads a fault from JSON.
   *
   * @throws IllegalArgumentException when it is none
   */
  static Fault parse(JsonNode json) {
    if (json.has("status")) {
      return new Fault.Status(
          json.path("status").asInt(0),
          Optional.of(json.path("retryAfter"))
              .filter(JsonNode::isNumber)
              .map(seconds -> Duration.ofSeconds(seconds.asInt(0))),
          json.path("hopeless").asBoolean(false));
    }
    if (json.has("cut")) {
      return new Fault.Cut(json.path("cut").asInt(0));
    }
    if (json.has("errorInStream")) {
      return new Fault.ErrorInStream(json.path("errorInStream").asInt(0));
    }
    if (json.has("stall")) {
      return new Fault.Stall(json.path("stall").asInt(0));
    }
    if (json.has("refuse")) {
      return new Fault.Refuse();
    }
    throw new IllegalArgumentException(
        "a fault has one of status, refuse, cut, errorInStream, stall: " + json);
  }
}
