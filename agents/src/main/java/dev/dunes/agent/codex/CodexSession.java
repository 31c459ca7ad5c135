package dev.dunes.agent.codex;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.AnswerSchema;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.JsonRpcMessage;
import dev.dunes.agent.drive.JsonRpcPeer;
import dev.dunes.agent.drive.JsonRpcReply;
import dev.dunes.agent.drive.OpenAsks;
import dev.dunes.agent.drive.PromptQueue;
import dev.dunes.agent.drive.RawOutput;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A running Codex. Whoever calls {@link #next()} reads, understands and answers; other threads only
 * write lines, or leave a wish and wake the reader.
 */
final class CodexSession implements AgentSession {
  private static final Logger LOG = LoggerFactory.getLogger(CodexSession.class);

  /** The first start of a large program on a busy disk takes a while. */
  private static final Duration START_LIMIT = Duration.ofSeconds(90);

  private static final Duration CONTROL_LIMIT = Duration.ofSeconds(60);

  /** An interrupt is answered within milliseconds; who does not answer is killed. */
  private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(10);

  private static final String UNSATISFIED = "error_max_structured_output_retries";
  private static final String TURNS = "error_max_turns";

  private final AgentProcess process;
  private final CodexLaunch launch;
  private final CodexSettings settings;
  private final CodexInput input;
  private final Optional<AnswerSchema> schema;
  private final OptionalInt maxTurns;
  private final JsonRpcPeer peer;
  private final OpenAsks open;
  private final CodexAsks asks;
  private final CodexEvents events;
  private final CodexTurn turn = new CodexTurn();
  private final CodexOutcome outcome = new CodexOutcome();
  private final ConcurrentLinkedQueue<AgentOutput> ready = new ConcurrentLinkedQueue<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final PromptQueue<ArrayNode> prompts = new PromptQueue<>();
  private boolean started;
  private boolean running;
  private boolean interrupted;
  private boolean repaired;
  private Optional<String> stopReason = Optional.empty();
  private volatile @Nullable Long interruptDeadline;
  private AgentOutput.@Nullable Message held;

  private volatile @Nullable String nativeSessionId;

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
    this.process = process;
    this.launch = launch;
    this.settings = settings;
    this.schema = schema;
    this.maxTurns = options.maxTurns();
    this.input = input;
    this.events = new CodexEvents(options.partialMessages());
    this.peer = new JsonRpcPeer(process::write, false, CodexAsks.SERVED::contains);
    this.open =
        new OpenAsks(event -> {
          ready.add(new AgentOutput.Ask(event));
          process.wake();
        });
    this.asks = new CodexAsks(peer, open, options.permissions());
    peer.call("initialize", CodexLaunch.initialize(), Optional.of(START_LIMIT), this::initialized);
  }

  private void initialized(JsonRpcReply reply) {
    refuseStart(reply, "look at what the agent said on standard error");
    if (!(reply instanceof JsonRpcReply.Result)) {
      return;
    }
    peer.tell("initialized", Optional.empty());
    peer.call(launch.method(), launch.thread(), Optional.of(START_LIMIT), this::opened);
  }

  private void opened(JsonRpcReply reply) {
    refuseStart(reply, "look at the conversation to resume, the model and the MCP servers");
    if (!(reply instanceof JsonRpcReply.Result result)) {
      return;
    }
    lock.lock();
    try {
      String id = Json.text(result.value().path("thread"), "id", "");
      nativeSessionId = id;
      turn.thread(id);
      Json.text(result.value(), "model").ifPresent(settings::usualModel);
      ready.add(new AgentOutput.Message(raw, json, List.of(events.opened(id, result.value()))));
      started = true;
      sendNext();
    } finally {
      lock.unlock();
    }
  }

  private void refuseStart(JsonRpcReply reply, String remedy) {
    reply
        .problem()
        .ifPresent(why -> {
          if (!isEnded()) {
            process.kill();
            throw new AgentException(
                "agent_start_failed", "the agent did not start: " + why, remedy, null);
          }
        });
  }

  @Override
  public void send(Prompt prompt) {
    ArrayNode message = input.of(prompt);
    lock.lock();
    try {
      prompts.add(message);
      sendNext();
    } finally {
      lock.unlock();
    }
  }

  /** Starts the next turn when none runs, or ends the input when none will; with the lock. */
  private void sendNext() {
    if (!started || running || prompts.ended()) {
      return;
    }
    Optional<ArrayNode> prompt = prompts.next();
    if (prompt.isPresent()) {
      beginTurn();
      startTurn(prompt.get(), false);
    } else if (prompts.inputEnds()) {
      process.endInput();
    }
  }

  private void beginTurn() {
    running = true;
    interrupted = false;
    stopReason = Optional.empty();
    interruptDeadline = null;
    repaired = false;
    outcome.begin();
  }

  private void startTurn(ArrayNode message, boolean ours) {
    turn.begin();
    events.begin(ours);
    outcome.beginPart();
    ObjectNode params = settings.turn(String.valueOf(nativeSessionId), message);
    control("turn/start", params, this::turnStarted);
  }

  private void turnStarted(JsonRpcReply reply) {
    lock.lock();
    try {
      switch (reply) {
        case JsonRpcReply.Result result -> {
          Json.text(result.value().path("turn"), "id").ifPresent(turn::started);
          if (interrupted) {
            sendInterrupt(); // it came before there was something to interrupt
          }
        }
        case JsonRpcReply.Failure failure -> {
          AgentEvent event =
              new AgentEvent.Failed(
                  failure.message(), Optional.of("jsonrpc.error"), failure.data());
          ready.add(new AgentOutput.Message(raw, json, List.of(event)));
          endTurn(outcome.failed("jsonrpc.error", failure.message()));
        }
        case JsonRpcReply.None none -> {
          if (!prompts.ended()) {
            LOG.warn("an agent did not begin a turn: {}", none.why());
            process.kill();
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<AgentOutput> next() {
    while (true) {
      AgentOutput output = ready.poll();
      if (output != null) {
        return Optional.of(output);
      }
      if (isEnded()) {
        return Optional.empty();
      }
      process.take(deadline()).ifPresent(this::handle);
      lookAround();
    }
  }

  private boolean isEnded() {
    lock.lock();
    try {
      return prompts.ended();
    } finally {
      lock.unlock();
    }
  }

  private Optional<Duration> deadline() {
    lock.lock();
    try {
      long now = System.nanoTime();
      long left = peer.untilExpiry().map(Duration::toNanos).orElse(Long.MAX_VALUE);
      Long interrupt = interruptDeadline;
      if (interrupt != null) {
        left = Math.min(left, interrupt - now);
      }
      if (held != null) {
        left = Math.min(left, turn.deadline().map(t -> t - now).orElse(Long.MAX_VALUE));
      }
      return left == Long.MAX_VALUE
          ? Optional.empty()
          : Optional.of(Duration.ofNanos(Math.max(0, left)));
    } finally {
      lock.unlock();
    }
  }

  /** Does what is due, with or without a message. */
  private void lookAround() {
    peer.expire();
    lock.lock();
    try {
      long now = System.nanoTime();
      Long interrupt = interruptDeadline;
      if (interrupt != null && now - interrupt >= 0) {
        LOG.warn("an agent did not stop when asked to; it is killed");
        interruptDeadline = null;
        process.kill();
      }
      if (held == null || prompts.ended()) {
        return;
      }
      switch (turn.verdict(interrupted, now)) {
        case GOES_ON -> {}
        case STOP_COMMANDS -> stopCommands();
        case STUCK -> {
          LOG.warn("an agent did not stop its commands; it is killed with them");
          process.kill();
          settle();
        }
        case OVER -> settle();
      }
    } finally {
      lock.unlock();
    }
  }

  private void handle(RawOutput output) {
    switch (output) {
      case RawOutput.Line line -> line(line.bytes());
      case RawOutput.TooLong tooLong -> ready.add(new AgentOutput.Dropped(tooLong.bytes()));
      case RawOutput.Diagnostics said -> ready.add(new AgentOutput.Diagnostics(said.text()));
      case RawOutput.Wake _ -> {}
      case RawOutput.End _ -> end();
    }
  }

  private void line(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    Optional<JsonNode> parsed = Json.parse(text).filter(JsonNode::isObject);
    if (parsed.isEmpty()) {
      ready.add(new AgentOutput.Text(text));
      return;
    }
    raw = bytes;
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
        asks.asked(request);
      }
      case JsonRpcMessage.Done _ -> {}
      case JsonRpcMessage.Unknown _ -> ready.add(new AgentOutput.Text(text));
    }
  }

  private void notified(String method, JsonNode params) {
    if (method.equals("serverRequest/resolved")) {
      Json.value(params, "requestId").ifPresent(asks::resolved);
    }
    lock.lock();
    try {
      boolean own = events.isOwn(params);
      if (method.equals("turn/started") && own && started && !running) {
        beginTurn(); // one that nobody asked for, such as one the agent has set itself
        turn.begin();
      }
      turn.see(method, params);
      outcome.see(method, params, own, turn.isRunning(Json.text(params, "turnId", "")));
      AgentOutput.Message message = new AgentOutput.Message(raw, json, events.of(method, params));
      if (method.equals("turn/completed") && own && running) {
        supersede();
        held = message;
      } else {
        ready.add(message);
      }
      if (method.equals("item/started") && own) {
        limitTurns();
      }
      if (method.equals("turn/started") && !own && interrupted) {
        sendInterrupt(); // a subagent that began meanwhile
      }
    } finally {
      lock.unlock();
    }
  }

  /** The model was asked once more than it may. */
  private void limitTurns() {
    if (maxTurns.isPresent() && outcome.calls() >= maxTurns.getAsInt() && !interrupted) {
      stopReason = Optional.of(TURNS);
      stop();
    }
  }

  private void supersede() {
    if (held != null) {
      ready.add(new AgentOutput.Superseded(held.raw(), held.json()));
      held = null;
    }
  }

  /** The turn is over by the agent's rule: its result stands, or is asked for once more. */
  private void settle() {
    AgentOutput.Message result = held;
    if (result == null) {
      return;
    }
    asks.endAll();
    JsonNode how = result.json().path("params").path("turn");
    boolean success = outcome.of(how, Optional.empty()).success() && !interrupted;
    Optional<JsonNode> answer = schema.flatMap(each -> outcome.structured());
    Optional<String> problem =
        success ? schema.flatMap(each -> each.problem(answer)) : Optional.empty();
    if (problem.isPresent() && !repaired && process.isRunning()) {
      repaired = true;
      supersede();
      startTurn(CodexInput.text(repair(problem.get())), true);
    } else if (problem.isPresent()) {
      supersede();
      endTurn(
          outcome.failed(UNSATISFIED, "the answer does not satisfy the schema: " + problem.get()));
    } else if (interrupted) {
      pass(result);
      String reason = stopReason.orElse("interrupted");
      endTurn(outcome.failed(reason, reason));
    } else {
      pass(result);
      endTurn(outcome.of(how, answer));
    }
  }

  private void pass(AgentOutput.Message result) {
    held = null;
    List<AgentEvent> all = new ArrayList<>(events.unfinished());
    all.addAll(result.events());
    ready.add(new AgentOutput.Message(result.raw(), result.json(), all));
  }

  private static String repair(String problem) {
    return "Your final answer does not satisfy the required schema: "
        + problem
        + ". Answer again, once, with nothing but JSON that does.";
  }

  private void endTurn(TurnOutcome how) {
    ready.add(new AgentOutput.TurnEnded(how));
    running = false;
    interrupted = false;
    interruptDeadline = null;
    turn.end();
    sendNext();
  }

  private void end() {
    lock.lock();
    try {
      if (prompts.ended()) {
        return;
      }
      prompts.end();
      if (held != null) {
        repaired = true;
        settle();
      }
      interruptDeadline = null;
      asks.endAll();
    } finally {
      lock.unlock();
    }
    peer.close();
  }

  @Override
  public Optional<String> nativeSessionId() {
    return Optional.ofNullable(nativeSessionId);
  }

  @Override
  public void answerPermission(String permissionId, PermissionReply reply) {
    open.answerPermission(permissionId, reply);
  }

  @Override
  public void answerQuestion(String questionId, List<List<String>> answers) {
    open.answerQuestion(questionId, answers);
  }

  @Override
  public void rejectQuestion(String questionId) {
    open.rejectQuestion(questionId);
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

  @Override
  public void interrupt() {
    lock.lock();
    try {
      if (running && !prompts.ended() && !interrupted) {
        stop();
        process.wake();
      }
    } finally {
      lock.unlock();
    }
  }

  private void stop() {
    interrupted = true;
    interruptDeadline = System.nanoTime() + INTERRUPT_LIMIT.toNanos();
    sendInterrupt();
  }

  /** To our turn, once it is known, and to those of subagents. */
  private void sendInterrupt() {
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
  public void endInput() {
    lock.lock();
    try {
      prompts.endInput();
      sendNext();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public AgentExit waitFor() {
    return process.waitFor();
  }

  @Override
  public void close() {
    process.close();
  }
}
