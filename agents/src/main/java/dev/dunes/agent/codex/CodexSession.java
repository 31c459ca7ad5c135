package dev.dunes.agent.codex;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.AnswerSchema;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.JsonRpcMessage;
import dev.dunes.agent.drive.JsonRpcPeer;
import dev.dunes.agent.drive.JsonRpcReply;
import dev.dunes.agent.drive.ProcessSession;
import dev.dunes.agent.drive.TurnResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A running Codex: its requests and notifications, and when its turns are over. */
final class CodexSession extends ProcessSession<ArrayNode> {
  private static final Logger LOG = LoggerFactory.getLogger(CodexSession.class);

  private static final Duration CONTROL_LIMIT = Duration.ofSeconds(60);
  private static final String TOO_MANY_TURNS = "error_max_turns";

  private final CodexLaunch launch;
  private final CodexSettings settings;
  private final CodexInput input;
  private final OptionalInt maxTurns;
  private final JsonRpcPeer peer;
  private final CodexAsks requests;
  private final CodexEvents events;
  private final CodexTurn turn = new CodexTurn();
  private final CodexOutcome outcome = new CodexOutcome();
  private boolean tooManyTurns;

  /** The line that is looked at, by the thread that reads. */
  private byte[] raw = new byte[0];

  private JsonNode json = Json.object();

  CodexSession(
      AgentProcess process,
      CodexLaunch launch,
      CodexSettings settings,
      Optional<AnswerSchema> schema,
      AgentOptions options,
      CodexInput input) {
    super(process, schema);
    this.launch = launch;
    this.settings = settings;
    this.maxTurns = options.maxTurns();
    this.input = input;
    this.events = new CodexEvents(options.partialMessages());
    this.peer = new JsonRpcPeer(process::write, false, CodexAsks.SERVED::contains);
    this.requests = new CodexAsks(peer, asks, options.permissions());
    peer.call("initialize", CodexLaunch.initialize(), Optional.empty(), this::initialized);
  }

  private void initialized(JsonRpcReply reply) {
    if (result(reply, "look at what the agent said on standard error").isPresent()) {
      peer.tell("initialized", Optional.empty());
      peer.call(launch.method(), launch.thread(), Optional.empty(), this::opened);
    }
  }

  private void opened(JsonRpcReply reply) {
    Optional<JsonNode> opened =
        result(reply, "look at the conversation to resume, the model and the MCP servers");
    if (opened.isEmpty()) {
      return;
    }
    lock.lock();
    try {
      String id = Json.text(opened.get().path("thread"), "id", "");
      nativeSessionId(id);
      turn.thread(id);
      Json.text(opened.get(), "model").ifPresent(settings::usualModel);
      pass(new AgentOutput.Message(raw, json, List.of(events.opened(id, opened.get()))));
      started();
    } finally {
      lock.unlock();
    }
  }

  /** What it answered at its start; empty when it has ended meanwhile. */
  private Optional<JsonNode> result(JsonRpcReply reply, String remedy) {
    return switch (reply) {
      case JsonRpcReply.Result result -> Optional.of(result.value());
      case JsonRpcReply.Failure failure ->
          throw startFailed("the agent did not start: " + failure.message(), remedy);
      case JsonRpcReply.None _ -> Optional.empty();
    };
  }

  @Override
  protected ArrayNode prepared(Prompt prompt) {
    return input.of(prompt);
  }

  @Override
  protected void sendTurn(ArrayNode message) {
    outcome.begin();
    tooManyTurns = false;
    startTurn(message, false);
  }

  @Override
  protected void sendRepair(String problem) {
    String words =
        "Your final answer does not satisfy the required schema: "
            + problem
            + ". Answer again, once, with nothing but JSON that does.";
    startTurn(CodexInput.text(words), true);
  }

  private void startTurn(ArrayNode message, boolean ours) {
    turn.begin();
    events.begin(ours);
    outcome.beginPart();
    ObjectNode params = settings.turn(nativeSessionId().orElse(""), message);
    control("turn/start", params, this::turnStarted);
  }

  private void turnStarted(JsonRpcReply reply) {
    lock.lock();
    try {
      switch (reply) {
        case JsonRpcReply.Result result -> {
          Json.text(result.value().path("turn"), "id").ifPresent(turn::started);
          if (isInterrupted()) {
            sendInterrupt(); // it came before there was something to interrupt
          }
        }
        case JsonRpcReply.Failure failure -> {
          AgentEvent event =
              new AgentEvent.Failed(
                  failure.message(), Optional.of("jsonrpc.error"), failure.data());
          pass(new AgentOutput.Message(raw, json, List.of(event)));
          turn.end();
          endTurn(new AgentOutput.TurnEnded(outcome.failed("jsonrpc.error", failure.message())));
        }
        case JsonRpcReply.None none -> {
          LOG.warn("an agent did not begin a turn: {}", none.why());
          process.kill();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected long due() {
    long now = System.nanoTime();
    long expiry = peer.untilExpiry().map(left -> now + left.toNanos()).orElse(Long.MAX_VALUE);
    return Math.min(expiry, turn.deadline().orElse(Long.MAX_VALUE));
  }

  @Override
  protected void expire() {
    peer.expire();
  }

  @Override
  protected boolean isOver(long now) {
    return switch (turn.verdict(isInterrupted(), now)) {
      case GOES_ON -> false;
      case STOP_COMMANDS -> {
        stopCommands();
        yield false;
      }
      case STUCK -> {
        LOG.warn("an agent did not stop its commands; it is killed with them");
        process.kill();
        yield over();
      }
      case OVER -> over();
    };
  }

  private boolean over() {
    requests.endAll();
    turn.end();
    return true;
  }

  @Override
  protected TurnResult.Verdict verdict(AgentOutput.Message message) {
    List<AgentEvent> all = new ArrayList<>(events.unfinished());
    all.addAll(message.events());
    JsonNode how = message.json().path("params").path("turn");
    return new TurnResult.Verdict(
        tooManyTurns ? outcome.failed(TOO_MANY_TURNS, TOO_MANY_TURNS) : outcome.of(how),
        outcome.structured(),
        new AgentOutput.Message(message.raw(), message.json(), all));
  }

  @Override
  protected void understand(byte[] line) {
    String text = new String(line, StandardCharsets.UTF_8);
    Optional<JsonNode> parsed = Json.parse(text).filter(JsonNode::isObject);
    if (parsed.isEmpty()) {
      pass(new AgentOutput.Text(text));
      return;
    }
    raw = line;
    json = parsed.get();
    switch (peer.receive(json)) {
      case JsonRpcMessage.Notification said -> notified(said.method(), said.params());
      case JsonRpcMessage.Request request -> {
        lock.lock();
        try {
          turn.asks(request.id(), request.params());
        } finally {
          lock.unlock();
        }
        requests.asked(request);
      }
      case JsonRpcMessage.Done _ -> {}
      case JsonRpcMessage.Unknown _ -> pass(new AgentOutput.Text(text));
    }
  }

  private void notified(String method, JsonNode params) {
    if (method.equals("serverRequest/resolved")) {
      Json.value(params, "requestId").ifPresent(requests::resolved);
    }
    lock.lock();
    try {
      boolean own = events.isOwn(params);
      if (method.equals("turn/started") && own && isStarted() && !isRunning()) {
        turnBegan();
        outcome.begin();
        turn.begin();
      }
      turn.see(method, params);
      outcome.see(method, params, own, turn.isRunning(Json.text(params, "turnId", "")));
      AgentOutput.Message message = new AgentOutput.Message(raw, json, events.of(method, params));
      if (method.equals("turn/completed") && own && isRunning()) {
        hold(message);
      } else {
        pass(message);
      }
      if (method.equals("item/started") && own) {
        limitTurns();
      }
      if (method.equals("turn/started") && !own && isInterrupted()) {
        sendInterrupt(); // a subagent that began meanwhile
      }
    } finally {
      lock.unlock();
    }
  }

  /** The model was asked once more than it may. */
  private void limitTurns() {
    if (maxTurns.isPresent() && outcome.calls() >= maxTurns.getAsInt() && !isInterrupted()) {
      tooManyTurns = true;
      stop();
    }
  }

  /** To our turn, once it is known, and to those of subagents. */
  @Override
  protected void sendInterrupt() {
    if (turn.id().isEmpty()) {
      return;
    }
    for (Map.Entry<String, String> each : turn.running().entrySet()) {
      control(
          "turn/interrupt",
          Json.object().put("threadId", each.getKey()).put("turnId", each.getValue()),
          CodexSession::noted);
    }
  }

  /** Commands survive an interrupt, and the end of a turn. */
  private void stopCommands() {
    for (String thread : turn.threads()) {
      control(
          "thread/backgroundTerminals/clean",
          Json.object().put("threadId", thread),
          this::commandsStopped);
    }
  }

  /** An agent that ended meanwhile is no failure here: its end is told by the next message. */
  private void control(String method, ObjectNode params, Consumer<JsonRpcReply> then) {
    try {
      peer.call(method, params, Optional.of(CONTROL_LIMIT), then);
    } catch (AgentException e) {
      LOG.debug("{} came too late", method, e);
    }
  }

  private static void noted(JsonRpcReply reply) {
    reply.problem().ifPresent(why -> LOG.debug("the agent did not do as it was told: {}", why));
  }

  private void commandsStopped(JsonRpcReply reply) {
    noted(reply);
    lock.lock();
    try {
      turn.stopAnswered();
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected void gone() {
    requests.endAll();
    peer.close();
  }

  @Override
  public void setMode(String mode) {
    lock.lock();
    try {
      settings.mode(mode);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void setModel(String model, Optional<String> variant) {
    lock.lock();
    try {
      settings.model(model, variant);
    } finally {
      lock.unlock();
    }
  }
}
