package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.AnswerSchema;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.PromptQueue;
import dev.dunes.agent.drive.RawOutput;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A conversation on a server of its own. Whoever calls {@link #next()} sends, reads and
 * understands; other threads answer, stop, or leave a wish and wake the reader.
 */
final class OpenCodeSession implements AgentSession {
  private static final Logger LOG = LoggerFactory.getLogger(OpenCodeSession.class);

  /** An abort takes milliseconds; who does not stop is killed. */
  private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(10);

  private static final Duration ABORT_LIMIT = Duration.ofSeconds(2);
  private static final String UNSATISFIED = "error_max_structured_output_retries";
  private static final String STRUCTURED_ERROR = "StructuredOutputError";

  private final OpenCodeLaunch launch;
  private final OpenCodeConversation conversation;
  private final Optional<AnswerSchema> schema;
  private final Optional<String> append;
  private final OpenCodeAsks asks;
  private final OpenCodeReader reader;
  private final ConcurrentLinkedQueue<AgentOutput> ready = new ConcurrentLinkedQueue<>();
  private volatile OpenCodeServer server;

  private final ReentrantLock lock = new ReentrantLock();
  private final PromptQueue<Prompt> waiting = new PromptQueue<>();
  private String mode;
  private OpenCodeModel model;
  private Optional<String> variant;
  private boolean running;
  private boolean stopped;
  private @Nullable Stop stop;
  private @Nullable Long interruptDeadline;

  /** Of the reader alone. */
  private boolean repaired;

  /** Why a turn is being stopped. */
  private record Stop(String reason, String why) {}

  /**
   * @param server runs, and knows the model
   * @param schema what the final answer shall satisfy
   */
  OpenCodeSession(
      OpenCodeLaunch launch,
      OpenCodeServer server,
      OpenCodeModel model,
      OpenCodeConversation conversation,
      Optional<AnswerSchema> schema) {
    this.launch = launch;
    this.server = server;
    this.conversation = conversation;
    this.schema = schema;
    this.append = launch.config().append();
    this.mode = conversation.mode();
    this.model = model;
    this.variant = launch.options().variant();
    this.asks =
        new OpenCodeAsks(
            launch.options().permissions(),
            () -> this.server.client(),
            event -> {
              ready.add(new AgentOutput.Ask(event));
              this.server.wake();
            });
    this.reader =
        new OpenCodeReader(
            conversation.id(),
            launch.options().partialMessages(),
            launch.options().maxTurns(),
            asks,
            new Driving(),
            ready::add);
    conversation.resumed().ifPresent(ready::add);
  }

  /** What the reader wants to know and have done. */
  private final class Driving implements OpenCodeReader.Driver {
    @Override
    public boolean running() {
      return locked(() -> running);
    }

    @Override
    public boolean stopping() {
      return locked(() -> stop != null);
    }

    @Override
    public void runsAllTheSame() {
      abort();
    }

    @Override
    public void tooManySteps(int most) {
      stop(new Stop("error_max_turns", "the model was asked %d times".formatted(most)));
    }
  }

  @Override
  public void send(Prompt prompt) {
    OpenCodePrompts.check(prompt);
    lock.lock();
    try {
      waiting.add(prompt);
    } finally {
      lock.unlock();
    }
    server.wake();
  }

  @Override
  public Optional<AgentOutput> next() {
    while (true) {
      AgentOutput output = ready.poll();
      if (output != null) {
        return Optional.of(output);
      }
      if (locked(waiting::ended)) {
        return Optional.empty();
      }
      sendNext();
      if (ready.isEmpty()) {
        try {
          server.take(deadline()).ifPresent(this::handle);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new SandboxInterruptedException("waiting for an agent", e);
        }
        lookAround();
      }
    }
  }

  private interface Asking<T> {
    T ask();
  }

  private <T> T locked(Asking<T> asking) {
    lock.lock();
    try {
      return asking.ask();
    } finally {
      lock.unlock();
    }
  }

  /** Starts the next turn when none runs, or ends the server when none will. */
  private void sendNext() {
    Optional<Prompt> prompt =
        locked(() -> {
          if (running || stopped) {
            return Optional.empty();
          }
          Optional<Prompt> next = waiting.next();
          if (next.isPresent()) {
            running = true;
            stop = null;
            interruptDeadline = null;
          } else if (waiting.inputEnds() && !waiting.ended()) {
            stopped = true;
            server.kill();
          }
          return next;
        });
    if (prompt.isPresent()) {
      repaired = false;
      post(prompt.get(), false);
    }
  }

  private void post(Prompt prompt, boolean again) {
    reader.begin(again);
    try {
      prepareModel();
    } catch (AgentException e) {
      endTurn(failed(e.code(), String.valueOf(e.getMessage())));
      return;
    }
    try {
      OpenCodeClient.Answer answer = server.client().post(path("/prompt_async"), body(prompt));
      if (!answer.ok()) {
        endTurn(failed("agent_refused", "OpenCode refused the message: " + answer.problem()));
      }
    } catch (AgentException e) {
      if (server.isRunning()) {
        endTurn(failed(e.code(), String.valueOf(e.getMessage())));
      } else {
        LOG.debug("the server ended before it took a message", e); // its end is told next
      }
    }
  }

  private TurnOutcome failed(String reason, String why) {
    return reader.result().failed(reason, why);
  }

  private ObjectNode body(Prompt prompt) {
    ObjectNode body;
    lock.lock();
    try {
      body = OpenCodePrompts.body(prompt, mode, model, variant);
    } finally {
      lock.unlock();
    }
    append.ifPresent(text -> body.put("system", text));
    launch
        .options()
        .outputSchema()
        .ifPresent(json -> body.putObject("format").put("type", "json_schema").set("schema", json));
    return body;
  }

  /** A model that the server does not know needs another server; the conversation stays. */
  private void prepareModel() {
    OpenCodeModel wanted = locked(() -> model);
    Optional<String> effort = locked(() -> variant);
    if (!launch.knows(wanted)) {
      server.close();
      server = launch.start(wanted);
    }
    OpenCodeConversation.checkVariant(server.client(), wanted, effort);
  }

  private String path(String call) {
    return "/session/" + conversation.id() + call;
  }

  private Optional<Duration> deadline() {
    Optional<Long> interrupt = locked(() -> Optional.ofNullable(interruptDeadline));
    Optional<Long> settle = locked(() -> running) ? reader.deadline() : Optional.empty();
    List<Long> all = new ArrayList<>();
    interrupt.ifPresent(all::add);
    settle.ifPresent(all::add);
    return all.stream()
        .min(Long::compare)
        .map(at -> Duration.ofNanos(Math.max(0, at - System.nanoTime())));
  }

  /** Does what is due, with or without an event. */
  private void lookAround() {
    long now = System.nanoTime();
    boolean late = locked(() -> interruptDeadline != null && now - interruptDeadline >= 0);
    if (late) {
      LOG.warn("an agent did not stop when asked to; it is killed");
      lock.lock();
      try {
        interruptDeadline = null;
      } finally {
        lock.unlock();
      }
      server.kill();
    }
    if (locked(() -> running) && reader.over()) {
      settle();
    }
  }

  private void handle(RawOutput raw) {
    switch (raw) {
      case RawOutput.Line line -> reader.event(line.bytes());
      case RawOutput.TooLong tooLong -> ready.add(new AgentOutput.Dropped(tooLong.bytes()));
      case RawOutput.Diagnostics said -> ready.add(new AgentOutput.Diagnostics(said.text()));
      case RawOutput.Wake _ -> {}
      case RawOutput.End _ -> end();
    }
  }

  /** The turn is over by the agent's rule: its result stands, or is asked for once more. */
  private void settle() {
    Optional<Stop> stopping = locked(() -> Optional.ofNullable(stop));
    Optional<JsonNode> error = reader.error();
    boolean unstructured =
        error.flatMap(each -> Json.text(each, "name")).filter(STRUCTURED_ERROR::equals).isPresent();
    if (stopping.isPresent()) {
      endTurn(failed(stopping.get().reason(), stopping.get().why()));
      return;
    }
    if (error.isPresent() && !(unstructured && schema.isPresent())) {
      endTurn(failed(Json.text(error.get(), "name", "error"), OpenCodeResult.words(error.get())));
      return;
    }
    Optional<String> problem = schema.flatMap(each -> each.problem(reader.result().structured()));
    if (problem.isPresent() && !repaired) {
      repaired = true;
      post(new Prompt(repair(problem.get())), true);
    } else if (problem.isPresent()) {
      endTurn(failed(UNSATISFIED, "the answer does not satisfy the schema: " + problem.get()));
    } else {
      endTurn(reader.result().ended(schema.isPresent()));
    }
  }

  private static String repair(String problem) {
    return "Your final answer does not satisfy the required schema: "
        + problem
        + ". Call the tool StructuredOutput again, once, with an answer that does.";
  }

  private void endTurn(TurnOutcome how) {
    reader.end(how);
    lock.lock();
    try {
      running = false;
      stop = null;
      interruptDeadline = null;
    } finally {
      lock.unlock();
    }
    ready.add(new AgentOutput.TurnEnded(how));
  }

  private void end() {
    lock.lock();
    try {
      waiting.end();
      interruptDeadline = null;
    } finally {
      lock.unlock();
    }
    reader.supersede();
    asks.endAll();
  }

  @Override
  public Optional<String> nativeSessionId() {
    return Optional.of(conversation.id());
  }

  @Override
  public Optional<List<AgentMode>> modes() {
    return Optional.of(conversation.modes());
  }

  @Override
  public void setMode(String wanted) {
    conversation.checkMode(wanted);
    lock.lock();
    try {
      mode = wanted;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void setModel(String wanted, Optional<String> effort) {
    OpenCodeModel named = OpenCodeModel.of(Optional.of(wanted), launch.options().access());
    lock.lock();
    try {
      model = named;
      variant = effort;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void answerPermission(String permissionId, PermissionReply reply) {
    asks.answerPermission(permissionId, reply);
  }

  @Override
  public void answerQuestion(String questionId, List<List<String>> answers) {
    asks.answerQuestion(questionId, answers);
  }

  @Override
  public void rejectQuestion(String questionId) {
    asks.rejectQuestion(questionId);
  }

  @Override
  public void interrupt() {
    stop(new Stop("interrupted", "interrupted"));
  }

  private void stop(Stop wanted) {
    lock.lock();
    try {
      if (!running || waiting.ended() || stop != null) {
        return;
      }
      stop = wanted;
      interruptDeadline = System.nanoTime() + INTERRUPT_LIMIT.toNanos();
    } finally {
      lock.unlock();
    }
    reader.abort();
    abort();
    server.wake();
  }

  /** Never waits: a server that does not answer is killed by the reader. */
  private void abort() {
    OpenCodeClient client = server.client();
    Thread.ofVirtual().name("opencode-abort").start(() -> abort(client, INTERRUPT_LIMIT));
  }

  private void abort(OpenCodeClient client, Duration limit) {
    try {
      client.call("POST", path("/abort"), Optional.empty(), limit);
    } catch (AgentException e) {
      LOG.debug("an abort was not answered", e);
    }
  }

  @Override
  public void endInput() {
    lock.lock();
    try {
      waiting.endInput();
    } finally {
      lock.unlock();
    }
    server.wake();
  }

  /** A server has no end of its own: one that was ended because nothing will follow ended well. */
  @Override
  public AgentExit waitFor() {
    AgentExit exit = server.waitFor();
    return locked(() -> stopped) ? new AgentExit(0, exit.outOfMemory()) : exit;
  }

  @Override
  public void close() {
    if (locked(() -> running) && server.isRunning()) {
      // What tools started is in process groups of its own and ends with the turn.
      abort(server.client(), ABORT_LIMIT);
    }
    server.close();
  }
}
