package dev.dunes.agent.pi;

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
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.OpenAsks;
import dev.dunes.agent.drive.PromptQueue;
import dev.dunes.agent.drive.RawOutput;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A running pi. Whoever calls {@link #next()} reads, understands and answers; other threads only
 * write lines, or leave a wish and wake the reader. A message that comes while a turn runs waits
 * here: pi would weave it into the turn.
 */
final class PiSession implements AgentSession {
  private static final Logger LOG = LoggerFactory.getLogger(PiSession.class);

  /** An abort takes milliseconds; who does not obey is killed. */
  private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(10);

  private static final Duration EXIT_LIMIT = Duration.ofSeconds(3);
  private static final int TAIL = 2000;

  private final AgentProcess process;
  private final PiCalls calls;
  private final PiGate gate;
  private final OpenAsks open;
  private final PiEvents events;
  private final PiTurn turn = new PiTurn();
  private final OptionalInt maxTurns;
  private final ConcurrentLinkedQueue<AgentOutput> ready = new ConcurrentLinkedQueue<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final PromptQueue<ObjectNode> prompts = new PromptQueue<>();
  private boolean started;
  private boolean running;
  private boolean ended;
  private boolean closed;
  private Optional<String> stopped = Optional.empty();
  private @Nullable Long interruptDeadline;
  private @Nullable Long exitDeadline;
  private volatile @Nullable String nativeSessionId;
  private final StringBuilder tail = new StringBuilder();

  /** The line that is looked at, by the thread that reads. */
  private byte[] raw = new byte[0];

  private JsonNode json = Json.object();

  PiSession(AgentProcess process, AgentOptions options) {
    this.process = process;
    this.maxTurns = options.maxTurns();
    this.events = new PiEvents(options.partialMessages());
    this.calls = new PiCalls(process::write);
    this.open =
        new OpenAsks(event -> {
          ready.add(new AgentOutput.Ask(event));
          process.wake();
        });
    this.gate = new PiGate(open, this::write, options.permissions());
    calls.call("get_state", Json.object(), PiCalls.START_LIMIT, this::started);
  }

  private void started(Optional<JsonNode> response) {
    JsonNode state = response.map(each -> each.path("data")).orElseGet(Json::object);
    Optional<String> id = Json.text(state, "sessionId");
    if (id.isEmpty()) {
      startFailed(
          response.isEmpty()
              ? "it said nothing within %d s".formatted(PiCalls.START_LIMIT.toSeconds())
              : Json.text(json, "error", "it has no session"));
      return;
    }
    lock.lock();
    try {
      nativeSessionId = id.get();
      ObjectNode metadata = Json.object();
      Json.value(state, "model").ifPresent(model -> metadata.set("model", model.path("id")));
      message(List.of(new AgentEvent.SessionStarted(Optional.of(metadata))));
      started = true;
      sendNext();
    } finally {
      lock.unlock();
    }
  }

  private void startFailed(String why) {
    process.kill();
    String said = tail.toString().strip();
    throw new AgentException(
        "agent_start_failed",
        "pi did not start: " + why + (said.isEmpty() ? "" : "; it said: " + said),
        "look at the model and the conversation to go on with",
        null);
  }

  @Override
  public void send(Prompt prompt) {
    ObjectNode fields = PiInput.of(prompt);
    lock.lock();
    try {
      prompts.add(fields);
      sendNext();
    } finally {
      lock.unlock();
    }
  }

  /** Starts the next turn when none runs, or ends the input when none will; with the lock. */
  private void sendNext() {
    if (!started || running || turn.isBusy() || prompts.ended()) {
      return;
    }
    Optional<ObjectNode> prompt = prompts.next();
    if (prompt.isPresent()) {
      running = true;
      stopped = Optional.empty();
      turn.begin();
      calls.call("prompt", prompt.get(), PiCalls.LIMIT, this::accepted);
    } else if (prompts.inputEnds()) {
      process.endInput();
      exitDeadline = System.nanoTime() + EXIT_LIMIT.toNanos();
    }
  }

  /** A prompt is answered at once; what comes of it follows. */
  private void accepted(Optional<JsonNode> response) {
    boolean success = response.filter(each -> Json.flag(each, "success")).isPresent();
    if (success) {
      return;
    }
    lock.lock();
    try {
      String why =
          response
              .flatMap(each -> Json.text(each, "error"))
              .orElse("pi did not answer within 30 s");
      if (response.isEmpty()) {
        process.kill();
      }
      message(List.of(new AgentEvent.Failed(why, Optional.of("jsonrpc.error"), Optional.empty())));
      endTurn(turn.failed("error", why));
    } finally {
      lock.unlock();
    }
  }

  private void endTurn(TurnOutcome how) {
    open.endAll();
    ready.add(new AgentOutput.TurnEnded(how));
    running = false;
    interruptDeadline = null;
    sendNext();
  }

  /** Passes on the line that is looked at, with what it means. */
  private void message(List<AgentEvent> meaning) {
    ready.add(new AgentOutput.Message(raw, json, meaning));
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
      process.take(untilDeadline()).ifPresent(this::handle);
      lookAround();
    }
  }

  private boolean isEnded() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  private Optional<Duration> untilDeadline() {
    lock.lock();
    try {
      return Stream.of(calls.untilExpiry(), until(interruptDeadline), until(exitDeadline))
          .flatMap(Optional::stream)
          .min(Duration::compareTo);
    } finally {
      lock.unlock();
    }
  }

  private static Optional<Duration> until(@Nullable Long deadline) {
    return Optional.ofNullable(deadline)
        .map(each -> Duration.ofNanos(Math.max(0, each - System.nanoTime())));
  }

  /** Does what is due, with or without a message. */
  private void lookAround() {
    if (isEnded()) {
      return;
    }
    calls.expire();
    lock.lock();
    try {
      long now = System.nanoTime();
      Long interrupt = interruptDeadline;
      if (interrupt != null && now - interrupt >= 0) {
        LOG.warn("pi did not stop when asked to; it is killed");
        interruptDeadline = null;
        process.kill();
      }
      Long exit = exitDeadline;
      if (exit != null && now - exit >= 0) {
        exitDeadline = null;
        process.kill();
      }
    } finally {
      lock.unlock();
    }
  }

  private void handle(RawOutput output) {
    switch (output) {
      case RawOutput.Line line -> line(line.bytes());
      case RawOutput.TooLong tooLong -> tooLong(tooLong.bytes());
      case RawOutput.Diagnostics said -> {
        tail.append(said.text());
        tail.delete(0, Math.max(0, tail.length() - TAIL));
        ready.add(new AgentOutput.Diagnostics(said.text()));
      }
      case RawOutput.Wake _ -> {}
      case RawOutput.End _ -> end();
    }
  }

  /** The end of a run repeats the whole conversation, so it may be what was too long. */
  private void tooLong(long bytes) {
    ready.add(new AgentOutput.Dropped(bytes));
    lock.lock();
    try {
      if (running) {
        turn.lost();
        calls.call("get_state", Json.object(), PiCalls.LIMIT, this::looked);
      }
    } finally {
      lock.unlock();
    }
  }

  private void line(byte[] bytes) {
    JsonNode read;
    try {
      read = Json.MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      read = Json.MAPPER.missingNode();
    }
    if (!(read instanceof ObjectNode object)) {
      ready.add(new AgentOutput.Text(new String(bytes, StandardCharsets.UTF_8)));
      return;
    }
    raw = bytes;
    json = object;
    switch (Json.text(object, "type", "")) {
      case "response" -> calls.response(object);
      case "extension_ui_request" -> asked(object);
      default -> event(object);
    }
  }

  private void asked(JsonNode request) {
    lock.lock();
    try {
      gate.asked(request, !running || stopped.isPresent());
    } finally {
      lock.unlock();
    }
  }

  private void event(ObjectNode event) {
    lock.lock();
    try {
      if (PiEvents.withoutRepetition(event)) {
        raw = event.toString().getBytes(StandardCharsets.UTF_8);
      }
      List<AgentEvent> meaning = events.of(event);
      PiTurn.Verdict verdict = turn.see(event);
      if (verdict == PiTurn.Verdict.OVER && running) {
        over(meaning);
        return;
      }
      message(meaning);
      if (verdict == PiTurn.Verdict.ASK) {
        if (running) {
          calls.call("get_state", Json.object(), PiCalls.LIMIT, this::looked);
        } else {
          sendNext();
        }
      }
      limit(event);
    } finally {
      lock.unlock();
    }
  }

  /** Whether pi still works, by its own word, after something that may be the end. */
  private void looked(Optional<JsonNode> response) {
    lock.lock();
    try {
      if (response.isEmpty()) {
        process.kill();
      } else if (running && turn.isOver(response.get().path("data"))) {
        over(List.of());
      }
    } finally {
      lock.unlock();
    }
  }

  private void over(List<AgentEvent> before) {
    TurnOutcome how = turn.outcome(stopped);
    message(Stream.concat(before.stream(), Stream.of(PiEvents.end(how))).toList());
    endTurn(how);
  }

  /** pi has no limit of its own. */
  private void limit(JsonNode event) {
    boolean again =
        Json.text(event, "type", "").equals("turn_start")
            && maxTurns.isPresent()
            && turn.calls() >= maxTurns.getAsInt();
    if (again && running && stopped.isEmpty()) {
      stop("error_max_turns");
    }
  }

  private void stop(String why) {
    stopped = Optional.of(why);
    interruptDeadline = System.nanoTime() + INTERRUPT_LIMIT.toNanos();
    gate.cancel();
    try {
      calls.call("abort", Json.object(), PiCalls.LIMIT, response -> {});
    } catch (AgentException e) {
      LOG.debug("pi ended before it was interrupted", e);
    }
  }

  private void end() {
    boolean failed;
    lock.lock();
    try {
      if (ended) {
        return;
      }
      ended = true;
      failed = !started && !closed;
      prompts.end();
      open.endAll();
      interruptDeadline = null;
      exitDeadline = null;
    } finally {
      lock.unlock();
    }
    if (failed) {
      startFailed("it has ended");
    }
  }

  /** An agent that ended meanwhile is no failure here: its end is told by the next message. */
  private void write(String line) {
    try {
      process.write(line);
    } catch (AgentException e) {
      LOG.debug("an answer came too late", e);
    }
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
  public void interrupt() {
    lock.lock();
    try {
      if (running && !ended && stopped.isEmpty()) {
        stop("interrupted");
        process.wake();
      }
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
      process.wake();
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
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    process.close();
  }
}
