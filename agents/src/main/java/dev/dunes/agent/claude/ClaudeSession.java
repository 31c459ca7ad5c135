package dev.dunes.agent.claude;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.AnswerSchema;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.OpenAsks;
import dev.dunes.agent.drive.PromptQueue;
import dev.dunes.agent.drive.RawOutput;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A running Claude Code. Whoever calls {@link #next()} reads, understands and answers; other
 * threads only write lines, or leave a wish and wake the reader.
 */
final class ClaudeSession implements AgentSession {
  private static final Logger LOG = LoggerFactory.getLogger(ClaudeSession.class);

  /** The first start of a large program on a busy disk takes a while. */
  private static final Duration START_LIMIT = Duration.ofSeconds(90);

  /** An interrupt is answered within milliseconds; who does not answer is killed. */
  private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(10);

  private static final String INITIALIZE = "dunes-initialize";
  private static final String UNSATISFIED = "error_max_structured_output_retries";

  private final AgentProcess process;
  private final Optional<AnswerSchema> schema;
  private final OpenAsks asks;
  private final ClaudeRequests requests;
  private final ClaudeEvents events = new ClaudeEvents();
  private final ClaudeTurn turn = new ClaudeTurn();
  private final ClaudeOutcome outcome = new ClaudeOutcome();
  private final ConcurrentLinkedQueue<AgentOutput> ready = new ConcurrentLinkedQueue<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final PromptQueue<Prompt> prompts = new PromptQueue<>();
  private boolean started;
  private boolean running;
  private boolean interrupted;
  private int sent;

  private volatile @Nullable String nativeSessionId;
  private long startDeadline = System.nanoTime() + START_LIMIT.toNanos();
  private volatile @Nullable Long interruptDeadline;
  private AgentOutput.@Nullable Message held;
  private boolean repaired;

  ClaudeSession(
      AgentProcess process,
      ToolPolicy tools,
      Optional<AnswerSchema> schema,
      Optional<ObjectNode> initialize) {
    this.process = process;
    this.schema = schema;
    this.asks =
        new OpenAsks(event -> {
          ready.add(new AgentOutput.Ask(event));
          process.wake();
        });
    this.requests = new ClaudeRequests(tools, new ClaudeAsks(process::write, asks), this::write);
    this.started = initialize.isEmpty();
    initialize.ifPresent(request -> process.write(ClaudeProtocol.request(INITIALIZE, request)));
  }

  @Override
  public void send(Prompt prompt) {
    lock.lock();
    try {
      prompts.add(prompt);
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
    Optional<Prompt> prompt = prompts.next();
    if (prompt.isPresent()) {
      beginTurn();
      process.write(ClaudeProtocol.prompt(prompt.get().text()));
    } else if (prompts.inputEnds()) {
      process.endInput();
    }
  }

  private void beginTurn() {
    running = true;
    interrupted = false;
    interruptDeadline = null;
    repaired = false;
    turn.begin();
    outcome.begin();
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
      long earliest = started ? Long.MAX_VALUE : startDeadline;
      earliest = turn.deadline().filter(t -> held != null).map(t -> t).orElse(earliest);
      Long interrupt = interruptDeadline;
      if (interrupt != null) {
        earliest = Math.min(earliest, interrupt);
      }
      return earliest == Long.MAX_VALUE
          ? Optional.empty()
          : Optional.of(Duration.ofNanos(Math.max(0, earliest - System.nanoTime())));
    } finally {
      lock.unlock();
    }
  }

  /** Does what is due, with or without a message. */
  private void lookAround() {
    lock.lock();
    try {
      long now = System.nanoTime();
      if (!started && !prompts.ended() && now - startDeadline >= 0) {
        process.kill();
        throw new AgentException(
            "agent_start_failed",
            "the agent said nothing within %d s".formatted(START_LIMIT.toSeconds()),
            "give the sandbox more memory or processor time",
            null);
      }
      Long interrupt = interruptDeadline;
      if (interrupt != null && now - interrupt >= 0) {
        LOG.warn("an agent did not stop when asked to; it is killed");
        interruptDeadline = null;
        process.kill();
      }
      decide(now);
    } finally {
      lock.unlock();
    }
  }

  private void decide(long now) {
    if (held == null) {
      return;
    }
    switch (turn.verdict(now)) {
      case GOES_ON -> {}
      case STOP_SHELLS -> stopBackground();
      case OVER -> settle();
    }
  }

  private void handle(RawOutput raw) {
    switch (raw) {
      case RawOutput.Line line -> line(line.bytes());
      case RawOutput.TooLong tooLong -> ready.add(new AgentOutput.Dropped(tooLong.bytes()));
      case RawOutput.Diagnostics said -> ready.add(new AgentOutput.Diagnostics(said.text()));
      case RawOutput.Wake _ -> {}
      case RawOutput.End _ -> end();
    }
  }

  private void line(byte[] bytes) {
    JsonNode json;
    try {
      json = Json.MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      ready.add(new AgentOutput.Text(new String(bytes, StandardCharsets.UTF_8)));
      return;
    }
    if (!json.isObject()) {
      ready.add(new AgentOutput.Text(new String(bytes, StandardCharsets.UTF_8)));
      return;
    }
    switch (Json.text(json, "type", "")) {
      case "control_request" -> requests.answer(json);
      case "control_response" -> response(json);
      case "control_cancel_request" -> asks.withdrawn(Json.text(json, "request_id", ""));
      case "keep_alive", "command_lifecycle" -> {}
      default -> {
        if (!Json.flag(json, "isReplay")) {
          message(bytes, json);
        }
      }
    }
  }

  private void message(byte[] bytes, JsonNode json) {
    lock.lock();
    try {
      Json.text(json, "session_id").ifPresent(id -> nativeSessionId = id);
      boolean init =
          Json.text(json, "type", "").equals("system")
              && Json.text(json, "subtype", "").equals("init");
      if (init && !running) {
        beginTurn(); // one that nobody asked for, such as a wake-up the agent has set itself
      }
      turn.see(json);
      if (init) {
        supersede();
        if (interrupted) {
          sendInterrupt(); // the first came before there was something to interrupt
        }
      }
      AgentOutput.Message message = new AgentOutput.Message(bytes, json, events.of(json));
      if (Json.text(json, "type", "").equals("result")) {
        supersede();
        outcome.add(json);
        held = message;
        running = true;
      } else {
        ready.add(message);
      }
    } finally {
      lock.unlock();
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
    Optional<JsonNode> structured = Json.value(result.json(), "structured_output");
    TurnOutcome said = outcome.of(result.json(), Optional.empty());
    Optional<String> problem =
        said.success() && !interrupted
            ? schema.flatMap(each -> each.problem(structured))
            : Optional.empty();
    if (problem.isPresent() && !repaired && process.isRunning()) {
      repaired = true;
      supersede();
      process.write(ClaudeProtocol.prompt(repair(problem.get())));
      return;
    }
    if (problem.isPresent()) {
      supersede();
      endTurn(
          outcome.failed(UNSATISFIED, "the answer does not satisfy the schema: " + problem.get()));
    } else if (interrupted && said.success()) {
      supersede();
      endTurn(outcome.failed("interrupted", "interrupted"));
    } else {
      held = null;
      ready.add(result);
      boolean answered = said.success() && schema.isPresent();
      endTurn(outcome.of(result.json(), answered ? structured : Optional.empty()));
    }
  }

  private static String repair(String problem) {
    return "Your final answer does not satisfy the required schema: "
        + problem
        + ". Call the tool StructuredOutput again, once, with an answer that does.";
  }

  private void endTurn(TurnOutcome how) {
    ready.add(new AgentOutput.TurnEnded(how));
    running = false;
    interrupted = false;
    interruptDeadline = null;
    turn.begin();
    sendNext();
  }

  private void end() {
    lock.lock();
    try {
      if (!prompts.ended()) {
        prompts.end();
        if (held != null) {
          settleAtEnd();
        }
        asks.endAll();
        interruptDeadline = null;
      }
    } finally {
      lock.unlock();
    }
  }

  /** The process is gone: what it said last stands, unless its own rule was never fulfilled. */
  private void settleAtEnd() {
    repaired = true;
    settle();
  }

  private void response(JsonNode json) {
    JsonNode response = Json.value(json, "response").orElseGet(Json::object);
    if (!Json.text(response, "request_id", "").equals(INITIALIZE)) {
      return;
    }
    if (Json.text(response, "subtype", "").equals("error")) {
      process.kill();
      throw new AgentException(
          "agent_start_failed",
          "the agent does not take its options: " + Json.text(response, "error", "no reason given"),
          "look at agents, system_prompt and the schema of this run",
          null);
    }
    lock.lock();
    try {
      started = true;
      sendNext();
    } finally {
      lock.unlock();
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
    lock.lock();
    try {
      if (!running || prompts.ended() || interrupted) {
        return;
      }
      interrupted = true;
      interruptDeadline = System.nanoTime() + INTERRUPT_LIMIT.toNanos();
      sendInterrupt();
      stopBackground();
      process.wake();
    } finally {
      lock.unlock();
    }
  }

  private void sendInterrupt() {
    write(ClaudeProtocol.request("dunes-" + ++sent, Json.object().put("subtype", "interrupt")));
  }

  /** Shell commands in the background survive an interrupt. */
  private void stopBackground() {
    for (String task : turn.background()) {
      write(
          ClaudeProtocol.request(
              "dunes-" + ++sent, Json.object().put("subtype", "stop_task").put("task_id", task)));
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
