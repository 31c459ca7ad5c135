package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Understands what the server says: which of it is about this conversation, what it means, and what
 * it tells of the turn that runs. Used by the thread that reads alone, but for {@link #abort()}.
 */
final class OpenCodeReader {
  private final String session;
  private final boolean pieces;
  private final OptionalInt mostSteps;
  private final OpenCodeAsks asks;
  private final Driver driver;
  private final Consumer<AgentOutput> out;
  private final OpenCodeSessions sessions;
  private final OpenCodeEvents events;
  private final OpenCodeUsage usage = new OpenCodeUsage();
  private final OpenCodeResult result = new OpenCodeResult(usage);
  private final OpenCodeTurn turn = new OpenCodeTurn();
  private AgentOutput.@Nullable Message held;
  private boolean errorTold;

  /** Who drives the conversation. */
  interface Driver {
    /** Whether a turn runs. */
    boolean running();

    /** Whether it is being stopped. */
    boolean stopping();

    /** It runs although it was stopped: that came before there was something to stop. */
    void runsAllTheSame();

    /** The model was asked as often as it may be, and would be asked again. */
    void tooManySteps(int most);
  }

  /**
   * @param session the one that is driven
   * @param pieces whether texts are passed on while they are written
   * @param mostSteps how many times the model may be asked in a turn
   */
  OpenCodeReader(
      String session,
      boolean pieces,
      OptionalInt mostSteps,
      OpenCodeAsks asks,
      Driver driver,
      Consumer<AgentOutput> out) {
    this.session = session;
    this.pieces = pieces;
    this.mostSteps = mostSteps;
    this.asks = asks;
    this.driver = driver;
    this.out = out;
    this.sessions = new OpenCodeSessions(session);
    this.events = new OpenCodeEvents(session, sessions);
  }

  /**
   * A message is about to be sent.
   *
   * @param again by us, in the same turn
   */
  void begin(boolean again) {
    if (again) {
      supersede();
    } else {
      usage.begin();
    }
    events.speakForUser(again);
    turn.begin();
    if (driver.stopping()) {
      turn.abort();
    }
    result.begin();
    errorTold = false;
  }

  /** The turn is being stopped; said by any thread. */
  void abort() {
    turn.abort();
  }

  /** Whether the turn is over. */
  boolean over() {
    return turn.over(System.nanoTime());
  }

  /** When {@link #over} may change without an event, in nanoseconds. */
  Optional<Long> deadline() {
    return turn.deadline();
  }

  /** What went wrong in the turn. */
  Optional<JsonNode> error() {
    return turn.error();
  }

  OpenCodeResult result() {
    return result;
  }

  /** An event as it came. */
  void event(byte[] bytes) {
    JsonNode json;
    try {
      json = Json.MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      out.accept(new AgentOutput.Text(new String(bytes, StandardCharsets.UTF_8)));
      return;
    }
    String type = Json.text(json, "type", "");
    JsonNode properties = json.path("properties");
    if (type.equals("session.created")) {
      sessions.created(properties);
    }
    // What is said of nothing or of another conversation is the server's own business.
    Optional<String> about = Json.text(properties, "sessionID").filter(sessions::has);
    if (about.isEmpty() || asks.see(type, properties)) {
      return;
    }
    boolean note = type.equals("session.updated") || type.equals("session.diff");
    if (!note && (pieces || !type.equals("message.part.delta"))) {
      message(bytes, json, type, properties, about.get().equals(session));
    }
  }

  private void message(byte[] bytes, JsonNode json, String type, JsonNode properties, boolean own) {
    if (!driver.running() && !type.equals("session.created")) {
      return; // notes about a turn that is over
    }
    List<AgentEvent> meaning = new ArrayList<>(events.of(type, properties));
    count(type, properties.path("part"), own);
    if (own) {
      boolean wasBusy = turn.busy();
      result.see(type, properties);
      turn.see(type, properties, System.nanoTime());
      if (!wasBusy && turn.busy() && driver.stopping()) {
        driver.runsAllTheSame();
      }
      if (type.equals("session.error")) {
        meaning.addAll(failure(properties));
      }
    }
    if (!own || !type.equals("session.idle")) {
      out.accept(new AgentOutput.Message(bytes, json, meaning));
    } else if (over()) {
      held = new AgentOutput.Message(bytes, json, meaning);
    } else {
      out.accept(new AgentOutput.Superseded(bytes, json));
    }
  }

  private void count(String type, JsonNode part, boolean own) {
    if (!type.equals("message.part.updated")
        || !Json.text(part, "type", "").equals("step-finish")) {
      return;
    }
    usage.add(part, own);
    boolean more = Json.text(part, "reason", "").equals("tool-calls");
    if (own && more && mostSteps.isPresent() && usage.steps() >= mostSteps.getAsInt()) {
      driver.tooManySteps(mostSteps.getAsInt());
    }
  }

  /** Told once a turn, however often OpenCode tells it; that we stopped it is no failure. */
  private List<AgentEvent> failure(JsonNode properties) {
    JsonNode error = properties.path("error");
    if (errorTold || driver.stopping()) {
      return List.of();
    }
    errorTold = true;
    ObjectNode details = Json.object();
    for (String key : List.of("statusCode", "isRetryable")) {
      Json.value(error.path("data"), key).ifPresent(value -> details.set(key, value));
    }
    return List.of(
        new AgentEvent.Failed(
            OpenCodeResult.words(error),
            Json.text(error, "name"),
            details.isEmpty() ? Optional.empty() : Optional.of(details)));
  }

  /** What was thought to be the end was not. */
  void supersede() {
    if (held != null) {
      out.accept(new AgentOutput.Superseded(held.raw(), held.json()));
      held = null;
    }
  }

  /** The last message of a turn. */
  void end(TurnOutcome how) {
    asks.endAll();
    AgentOutput.Message last = held;
    held = null;
    ObjectNode summary = Json.object().put("reason", how.reason()).put("turns", how.turns());
    summary.set("tokens", Json.MAPPER.valueToTree(how.tokens()));
    summary.put("cost_usd", how.costUsd());
    out.accept(
        new AgentOutput.Message(
            last == null ? new byte[0] : last.raw(),
            last == null ? Json.MAPPER.nullNode() : last.json(),
            OpenCodeEvents.status("turn.completed", Optional.empty(), summary)));
  }
}
