package dev.dunes.agent.drive;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What sessions with agents share that speak lines over their standard input and output: who reads,
 * what is ready for the caller, messages that wait, one turn after the other. Whoever calls {@link
 * #next()} reads, understands and answers; other threads only write lines, or leave a wish and wake
 * the reader. How a line is understood is the adapter's.
 *
 * @param <P> a message of the user as the adapter sends it
 */
public abstract class ProcessSession<P> implements AgentSession {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessSession.class);

  /** The first start of a large program on a busy disk takes a while. */
  protected static final Duration START_LIMIT = Duration.ofSeconds(90);

  /** An interrupt is answered within milliseconds; who does not answer is killed. */
  private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(10);

  protected final AgentProcess process;
  protected final OpenAsks asks;

  /** Guards everything that is not safe for use by several threads, the adapter's state too. */
  protected final ReentrantLock lock = new ReentrantLock();

  private final TurnResult result;
  private final ConcurrentLinkedQueue<AgentOutput> ready = new ConcurrentLinkedQueue<>();
  private final PromptQueue<P> prompts = new PromptQueue<>();
  private final long startDeadline = System.nanoTime() + START_LIMIT.toNanos();
  private boolean started;
  private boolean running;
  private boolean interrupted;
  private @Nullable Long interruptDeadline;
  private volatile @Nullable String nativeSessionId;

  /**
   * @param schema that answers shall satisfy
   */
  protected ProcessSession(AgentProcess process, Optional<AnswerSchema> schema) {
    this.process = process;
    this.result = new TurnResult(schema);
    this.asks =
        new OpenAsks(event -> {
          ready.add(new AgentOutput.Ask(event));
          process.wake();
        });
  }

  /** What is sent for a message of the user; without the lock, and may block. */
  protected abstract P prepared(Prompt prompt);

  /** A turn begins: sends the message. */
  protected abstract void sendTurn(P prompt);

  /** Asks once more for an answer, in the same turn, and says what was wrong. */
  protected abstract void sendRepair(String problem);

  /** Asks the agent to stop the turn. */
  protected abstract void sendInterrupt();

  /** Understands a line; without the lock. */
  protected abstract void understand(byte[] line);

  /** What the adapter waits for at most, in nanoseconds of the clock; the maximum for nothing. */
  protected abstract long due();

  /** Gives up what has waited too long; without the lock. */
  protected void expire() {}

  /** Whether the turn with that result is over by now, the adapter does what is due otherwise. */
  protected abstract boolean isOver(long now);

  /** How the turn ended by its result. */
  protected abstract TurnResult.Verdict verdict(AgentOutput.Message message);

  /** The process is gone. */
  protected void gone() {}

  @Override
  public void send(Prompt prompt) {
    P message = prepared(prompt);
    lock.lock();
    try {
      prompts.add(message);
      sendNext();
    } finally {
      lock.unlock();
    }
  }

  /** The agent takes messages from now on; with the lock. */
  protected final void started() {
    started = true;
    sendNext();
  }

  /** Starts the next turn when none runs, or ends the input when none will; with the lock. */
  private void sendNext() {
    if (!started || running || prompts.ended()) {
      return;
    }
    Optional<P> prompt = prompts.next();
    if (prompt.isPresent()) {
      beginTurn();
      sendTurn(prompt.get());
    } else if (prompts.inputEnds()) {
      process.endInput();
    }
  }

  private void beginTurn() {
    running = true;
    interrupted = false;
    interruptDeadline = null;
    result.begin();
  }

  /** The agent began a turn that nobody asked for, such as a wake-up it has set itself. */
  protected final void turnBegan() {
    beginTurn();
  }

  /** Whether a turn runs; with the lock. */
  protected final boolean isRunning() {
    return running;
  }

  /** Whether the turn that runs is to stop; with the lock. */
  protected final boolean isInterrupted() {
    return interrupted;
  }

  /** Whether the agent takes messages; with the lock. */
  protected final boolean isStarted() {
    return started;
  }

  @Override
  public final Optional<AgentOutput> next() {
    while (true) {
      AgentOutput output = ready.poll();
      if (output != null) {
        return Optional.of(output);
      }
      if (isEnded()) {
        return Optional.empty();
      }
      process.take(longest(System.nanoTime())).ifPresent(this::handle);
      lookAround();
    }
  }

  /** Whether the agent has ended. */
  protected final boolean isEnded() {
    lock.lock();
    try {
      return prompts.ended();
    } finally {
      lock.unlock();
    }
  }

  private Optional<Duration> longest(long now) {
    lock.lock();
    try {
      long due = started ? due() : Math.min(startDeadline, due());
      if (interruptDeadline != null) {
        due = Math.min(due, interruptDeadline);
      }
      return due == Long.MAX_VALUE
          ? Optional.empty()
          : Optional.of(Duration.ofNanos(Math.max(0, due - now)));
    } finally {
      lock.unlock();
    }
  }

  /** Does what is due, with or without a message. */
  private void lookAround() {
    expire();
    lock.lock();
    try {
      long now = System.nanoTime();
      if (!started && !prompts.ended() && now - startDeadline >= 0) {
        throw startFailed(
            "the agent said nothing within %d s".formatted(START_LIMIT.toSeconds()),
            "give the sandbox more memory or processor time");
      }
      if (interruptDeadline != null && now - interruptDeadline >= 0) {
        LOG.warn("an agent did not stop when asked to; it is killed");
        interruptDeadline = null;
        process.kill();
      }
      if (result.isHeld() && !prompts.ended() && isOver(now)) {
        settle();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Kills the agent; the error to throw. */
  protected final AgentException startFailed(String why, String remedy) {
    process.kill();
    return new AgentException("agent_start_failed", why, remedy, null);
  }

  private void handle(RawOutput output) {
    switch (output) {
      case RawOutput.Line line -> understand(line.bytes());
      case RawOutput.TooLong tooLong -> ready.add(new AgentOutput.Dropped(tooLong.bytes()));
      case RawOutput.Diagnostics said -> ready.add(new AgentOutput.Diagnostics(said.text()));
      case RawOutput.Wake _ -> {}
      case RawOutput.End _ -> end();
    }
  }

  /** Gives something to who reads. */
  protected final void pass(AgentOutput output) {
    ready.add(output);
  }

  /** A message with a result, which may be the last of the turn; with the lock. */
  protected final void hold(AgentOutput.Message message) {
    supersede();
    result.hold(message);
    running = true;
  }

  /** The result that was held was not the end. */
  protected final void supersede() {
    result.supersede().ifPresent(ready::add);
  }

  private void settle() {
    boolean mayRepair = process.isRunning() && !prompts.ended();
    AgentOutput.Message message = result.held();
    TurnResult.Settled settled = result.settle(verdict(message), interrupted, mayRepair);
    settled.outputs().forEach(ready::add);
    if (settled.problem().isPresent()) {
      // The turn goes on.
      sendRepair(settled.problem().get());
    } else {
      endTurn();
    }
  }

  /** The turn could not begin, or ended without a result; with the lock. */
  protected final void endTurn(AgentOutput.TurnEnded how) {
    ready.add(how);
    endTurn();
  }

  private void endTurn() {
    running = false;
    interrupted = false;
    interruptDeadline = null;
    sendNext();
  }

  private void end() {
    lock.lock();
    try {
      if (prompts.ended()) {
        return;
      }
      prompts.end();
      if (result.isHeld()) {
        settle(); // what it said last stands, unless its own rule was never fulfilled
      }
      asks.endAll();
      interruptDeadline = null;
    } finally {
      lock.unlock();
    }
    gone();
  }

  /** Writes a line; an agent that ended meanwhile is no failure here: its end is told by next. */
  protected final void write(String line) {
    try {
      process.write(line);
    } catch (AgentException e) {
      LOG.debug("a line came too late", e);
    }
  }

  protected final void nativeSessionId(String id) {
    nativeSessionId = id;
  }

  @Override
  public final Optional<String> nativeSessionId() {
    return Optional.ofNullable(nativeSessionId);
  }

  @Override
  public final void answerPermission(String permissionId, PermissionReply reply) {
    asks.answerPermission(permissionId, reply);
  }

  @Override
  public final void answerQuestion(String questionId, List<List<String>> answers) {
    asks.answerQuestion(questionId, answers);
  }

  @Override
  public final void rejectQuestion(String questionId) {
    asks.rejectQuestion(questionId);
  }

  @Override
  public final void interrupt() {
    lock.lock();
    try {
      stop();
      process.wake();
    } finally {
      lock.unlock();
    }
  }

  /** Stops the turn that runs, once; with the lock. */
  protected final void stop() {
    if (running && !prompts.ended() && !interrupted) {
      interrupted = true;
      interruptDeadline = System.nanoTime() + INTERRUPT_LIMIT.toNanos();
      sendInterrupt();
    }
  }

  @Override
  public final void endInput() {
    lock.lock();
    try {
      prompts.endInput();
      sendNext();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public final AgentExit waitFor() {
    return process.waitFor();
  }

  @Override
  public final void close() {
    process.close();
  }
}
