package dev.dunes.agent.acp;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.JsonRpcMessage;
import dev.dunes.agent.drive.JsonRpcPeer;
import dev.dunes.agent.drive.JsonRpcReply;
import dev.dunes.agent.drive.OpenAsks;
import dev.dunes.agent.drive.PromptQueue;
import dev.dunes.agent.drive.RawOutput;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A running agent that speaks ACP. Whoever calls {@link #next()} reads, understands and answers;
 * other threads only write lines, or leave a wish and wake the reader.
 */
final class AcpSession implements AgentSession {
  private static final Logger LOG = LoggerFactory.getLogger(AcpSession.class);

  private static final int TAIL = 2000;

  private final AgentProcess process;
  private final Survivors survivors;
  private final JsonRpcPeer peer;
  private final OpenAsks open;
  private final AcpAsks asks;
  private final AcpOpening opening;
  private final AcpTimeouts timeouts;
  private final AcpEvents events;
  private final AcpOutcome outcome;
  private final ConcurrentLinkedQueue<AgentOutput> ready = new ConcurrentLinkedQueue<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final PromptQueue<ArrayNode> prompts = new PromptQueue<>();
  private final AcpWishes wishes;
  private boolean running;
  private boolean interrupted;
  private boolean ended;
  private boolean closed;
  private @Nullable Long interruptDeadline;
  private @Nullable Long exitDeadline;
  private final StringBuilder tail = new StringBuilder();

  /** The line that is looked at, by the thread that reads. */
  private byte[] raw = new byte[0];

  private JsonNode json = Json.object();

  AcpSession(
      AcpProfile profile,
      AgentProcess process,
      Survivors survivors,
      AgentOptions options,
      Consumer<JsonNode> initialized,
      AcpTimeouts timeouts) {
    this.process = process;
    this.timeouts = timeouts;
    this.survivors = survivors;
    this.events = new AcpEvents(profile, options.partialMessages());
    this.outcome = new AcpOutcome(options.resume().isPresent());
    this.peer = new JsonRpcPeer(process::write, true, AcpAsks.SERVED::contains);
    this.open =
        new OpenAsks(event -> {
          ready.add(new AgentOutput.Ask(event));
          process.wake();
        });
    this.asks = new AcpAsks(peer, open, options.permissions());
    this.wishes = new AcpWishes(profile, options);
    this.opening =
        new AcpOpening(peer, options, timeouts, initialized, this::opened, this::startFailed);
    opening.begin();
  }

  private void opened(JsonNode answer) {
    lock.lock();
    try {
      message(List.of(AcpEvents.opened(answer)));
      wishes.opened(answer);
      sendNext();
    } catch (AgentException e) {
      startFailed(e);
    } finally {
      lock.unlock();
    }
  }

  private void startFailed(AgentException why) {
    boolean wanted;
    lock.lock();
    try {
      wanted = closed;
    } finally {
      lock.unlock();
    }
    process.kill();
    if (!wanted) {
      String said = tail.toString().strip();
      String message = String.valueOf(why.getMessage());
      throw new AgentException(
          why.code(),
          said.isEmpty() ? message : message + "; it said: " + said,
          why.remedy().orElse(null),
          why);
    }
  }

  @Override
  public void send(Prompt prompt) {
    ArrayNode blocks = AcpContent.of(prompt);
    lock.lock();
    try {
      if (opening.isOpen()) {
        opening.check(blocks);
      }
      prompts.add(blocks);
      sendNext();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Changes what is to be changed, then starts the next turn when none runs, or ends the input when
   * none will; with the lock.
   */
  private void sendNext() {
    if (!opening.isOpen() || running || wishes.isBusy() || prompts.ended()) {
      return;
    }
    Optional<AcpSettings.Change> change = wishes.next();
    if (change.isPresent()) {
      peer.call(
          change.get().method(),
          opening.ofSession(change.get().params()),
          Optional.of(timeouts.control()),
          reply -> changed(change.get(), reply));
      return;
    }
    Optional<ArrayNode> blocks = prompts.next();
    if (blocks.isPresent()) {
      begin(blocks.get());
    } else if (prompts.inputEnds()) {
      process.endInput();
      exitDeadline = System.nanoTime() + timeouts.exit().toNanos();
    }
  }

  private void changed(AcpSettings.Change change, JsonRpcReply reply) {
    lock.lock();
    try {
      Optional<String> problem = reply.problem().filter(why -> !prompts.ended());
      if (wishes.done()) {
        problem.ifPresent(why ->
            startFailed(
                new AgentException(
                    "agent_start_failed",
                    "the agent refuses %s %s: %s".formatted(change.method(), change.params(), why),
                    "start it with another mode, model or variant",
                    null)));
      } else {
        problem.ifPresent(why ->
            message(
                List.of(
                    new AgentEvent.Failed(
                        "the agent refuses %s: %s".formatted(change.params(), why),
                        Optional.of("jsonrpc.error"),
                        Optional.empty()))));
      }
      sendNext();
    } finally {
      lock.unlock();
    }
  }

  private void begin(ArrayNode blocks) {
    running = true;
    interrupted = false;
    events.begin();
    outcome.begin();
    survivors.begin();
    try {
      opening.check(blocks);
    } catch (AgentException e) {
      // It was sent before the agent had said what it can take.
      endTurn(
          outcome.failed(e.code(), String.valueOf(e.getMessage())),
          Stream.of(
              new AgentEvent.Failed(
                  String.valueOf(e.getMessage()), Optional.of(e.code()), Optional.empty())));
      return;
    }
    ObjectNode params = opening.ofSession(Json.object());
    params.set("prompt", blocks);
    peer.call("session/prompt", params, Optional.empty(), this::answered);
  }

  /** The answer to a prompt is the end of its turn. */
  private void answered(JsonRpcReply reply) {
    if (reply instanceof JsonRpcReply.None) {
      return; // it has crashed; no end of a turn is made up
    }
    boolean cut;
    lock.lock();
    try {
      cut = interrupted;
    } finally {
      lock.unlock();
    }
    if (cut) {
      survivors.kill();
    }
    lock.lock();
    try {
      List<AgentEvent> rest = events.close();
      TurnOutcome how =
          switch (reply) {
            case JsonRpcReply.Result result ->
                outcome.of(result.value(), events.lastText(), interrupted);
            default ->
                interrupted
                    ? outcome.failed("interrupted", "interrupted")
                    : outcome.failed("error", reply.problem().orElse("error"));
          };
      Stream<AgentEvent> failure =
          reply instanceof JsonRpcReply.Failure failed && !interrupted
              ? Stream.of(
                  new AgentEvent.Failed(
                      failed.message(), Optional.of("jsonrpc.error"), failed.data()))
              : Stream.empty();
      endTurn(how, Stream.concat(rest.stream(), failure));
    } finally {
      lock.unlock();
    }
  }

  private void endTurn(TurnOutcome how, Stream<AgentEvent> before) {
    asks.cancel();
    message(Stream.concat(before, events.end(how).stream()).toList());
    ready.add(new AgentOutput.TurnEnded(how));
    running = false;
    interrupted = false;
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
      return Stream.of(peer.untilExpiry(), until(interruptDeadline), until(exitDeadline))
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
      Long exit = exitDeadline;
      if (exit != null && now - exit >= 0) {
        LOG.debug("an agent did not end with its input; it is killed");
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
      case RawOutput.TooLong tooLong -> ready.add(new AgentOutput.Dropped(tooLong.bytes()));
      case RawOutput.Diagnostics said -> {
        tail.append(said.text());
        tail.delete(0, Math.max(0, tail.length() - TAIL));
        ready.add(new AgentOutput.Diagnostics(said.text()));
      }
      case RawOutput.Wake _ -> {}
      case RawOutput.End _ -> end();
    }
  }

  private void line(byte[] bytes) {
    JsonNode read;
    try {
      read = Json.MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      read = Json.MAPPER.missingNode();
    }
    if (!read.isObject()) {
      ready.add(new AgentOutput.Text(new String(bytes, StandardCharsets.UTF_8)));
      return;
    }
    raw = bytes;
    json = read;
    switch (peer.receive(read)) {
      case JsonRpcMessage.Request request -> requested(request);
      case JsonRpcMessage.Notification told -> told(told);
      case JsonRpcMessage.Done _ -> {}
      case JsonRpcMessage.Unknown _ ->
          ready.add(new AgentOutput.Text(new String(bytes, StandardCharsets.UTF_8)));
    }
  }

  private void told(JsonRpcMessage.Notification told) {
    lock.lock();
    try {
      if (!told.method().equals("session/update") || !opening.isOurs(told.params())) {
        message(List.of());
      } else if (opening.isOpen()) {
        JsonNode update = told.params().path("update");
        outcome.update(update);
        message(events.update(update));
      }
      // What comes before it is open is what was said before it was resumed.
    } finally {
      lock.unlock();
    }
  }

  private void requested(JsonRpcMessage.Request request) {
    lock.lock();
    try {
      JsonNode call =
          request.method().equals(AcpAsks.PERMISSION)
              ? request.params().path("toolCall")
              : Json.object().put("toolCallId", Json.text(request.params(), "toolCallId", ""));
      String id = Json.text(call, "toolCallId", "");
      boolean known = events.tool(id).isPresent();
      if (known || request.method().equals(AcpAsks.PERMISSION)) {
        List<AgentEvent> meaning = events.asked(call);
        if (!meaning.isEmpty()) {
          message(meaning);
        }
      }
      boolean late = interrupted || !running;
      if (request.method().equals(AcpAsks.PERMISSION)) {
        asks.permission(request, events.toolOf(call), late);
      } else {
        asks.questions(request, late);
      }
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    lock.lock();
    try {
      if (ended) {
        return;
      }
      ended = true;
      prompts.end();
      open.endAll();
      interruptDeadline = null;
      exitDeadline = null;
    } finally {
      lock.unlock();
    }
    peer.close();
  }

  @Override
  public Optional<String> nativeSessionId() {
    return opening.sessionId();
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
  public Optional<List<AgentMode>> modes() {
    lock.lock();
    try {
      return wishes.modes();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void setMode(String mode) {
    lock.lock();
    try {
      wishes.mode(mode);
      sendNext();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void setModel(String model, Optional<String> variant) {
    lock.lock();
    try {
      wishes.model(model, variant);
      sendNext();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void interrupt() {
    lock.lock();
    try {
      if (!running || ended || interrupted) {
        return;
      }
      interrupted = true;
      interruptDeadline = System.nanoTime() + timeouts.interrupt().toNanos();
      try {
        peer.tell("session/cancel", Optional.of(opening.ofSession(Json.object())));
        asks.cancel();
      } catch (AgentException e) {
        LOG.debug("the agent ended before it was interrupted", e);
      }
      process.wake();
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
