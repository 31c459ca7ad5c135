package dev.dunes.agent.mock;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.PermissionStatus;
import dev.dunes.agent.AgentEvent.QuestionStatus;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * A conversation with the mock agent. A request for permission or a question does not hold it up:
 * its turn goes on, and the answer is told when it comes.
 */
final class MockSession implements AgentSession {
  private static final byte[] NO_RAW = new byte[0];
  private static final byte[] UNPARSED = "{\"raw\":\"mock\"}".getBytes(StandardCharsets.UTF_8);

  private final long pace;
  private final String nativeId;
  private final boolean resumed;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Prompt> waiting = new ArrayDeque<>();
  private final Deque<AgentOutput> ready = new ArrayDeque<>();
  private final Map<String, AgentEvent> asked = new LinkedHashMap<>();
  private int messages;
  private Optional<String> said = Optional.empty();
  private boolean running;
  private Iterator<? extends AgentEvent> steps = Collections.emptyIterator();
  private @Nullable MockBurst burst;
  private long due;
  private long began;
  private boolean inputEnds;
  private boolean ended;

  MockSession(Duration pace, AgentOptions options) {
    this.pace = pace.toNanos();
    this.nativeId = "mock-" + options.sessionId().orElse("session");
    this.messages = options.turnsBefore();
    this.resumed = options.turnsBefore() > 0;
  }

  @Override
  public void send(Prompt prompt) {
    lock.lock();
    try {
      if (ended || inputEnds) {
        throw new AgentException("agent_ended", "the agent takes no message any more", null, null);
      }
      if (waiting.size() >= QUEUE_LIMIT) {
        throw new AgentException(
            "too_many_prompts",
            "%d messages wait already".formatted(QUEUE_LIMIT),
            "wait for the end of the turn",
            null);
      }
      waiting.add(prompt);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<AgentOutput> next() {
    lock.lock();
    try {
      while (true) {
        AgentOutput output = ready.poll();
        if (output != null) {
          return Optional.of(output);
        }
        if (ended) {
          return Optional.empty();
        }
        long left = due - System.nanoTime();
        if (running && left > 0) {
          changed.awaitNanos(left);
        } else if (running) {
          step();
        } else if (!waiting.isEmpty()) {
          begin(waiting.remove());
        } else if (inputEnds) {
          ended = true;
        } else {
          changed.await();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxInterruptedException("waiting for an agent", e);
    } finally {
      lock.unlock();
    }
  }

  private void begin(Prompt prompt) {
    messages++;
    String prefix = "mock_" + messages;
    String text = prompt.text().strip();
    running = true;
    began = System.nanoTime();
    due = began;
    burst = MockBurst.of(prefix, text).orElse(null);
    steps = burst != null ? burst : MockScript.of(prefix, text).iterator();
    String user = prefix + "_user";
    List<AgentEvent> echo =
        List.of(
            MockItems.started(user, Kind.MESSAGE, Role.USER, MockItems.text(text)),
            MockItems.completed(user, Kind.MESSAGE, Role.USER, MockItems.text(text)));
    if (burst == null) {
      steps = new Joined(echo.iterator(), steps);
    } else {
      echo.forEach(event -> ready.add(output(event)));
    }
  }

  /** One iterator after the other. */
  private record Joined(Iterator<? extends AgentEvent> first, Iterator<? extends AgentEvent> second)
      implements Iterator<AgentEvent> {
    @Override
    public boolean hasNext() {
      return first.hasNext() || second.hasNext();
    }

    @Override
    public AgentEvent next() {
      return first.hasNext() ? first.next() : second.next();
    }
  }

  private void step() {
    if (!steps.hasNext()) {
      endTurn(new TurnOutcome(true, "success", said, Optional.empty(), 1, 0));
      return;
    }
    AgentEvent event = steps.next();
    said = answer(event).or(() -> said);
    ready.add(output(event));
    due = burst != null ? began + burst.dueNanos() : System.nanoTime() + pace;
    if (event instanceof AgentEvent.SessionEnded) {
      running = false;
      ended = true;
    }
  }

  /** The text of a message, if that is what has been said. */
  private static Optional<String> answer(AgentEvent event) {
    return event instanceof AgentEvent.ItemCompleted completed
            && completed.item().kind() == Kind.MESSAGE
            && completed.item().role().equals(Optional.of(Role.ASSISTANT))
        ? Optional.of(
            completed.item().content().stream()
                .filter(ContentPart.Text.class::isInstance)
                .map(part -> ((ContentPart.Text) part).text())
                .collect(Collectors.joining("\n")))
        : Optional.empty();
  }

  private void endTurn(TurnOutcome outcome) {
    running = false;
    said = Optional.empty();
    steps = Collections.emptyIterator();
    ready.add(new AgentOutput.TurnEnded(outcome));
  }

  private AgentOutput output(AgentEvent event) {
    return switch (event) {
      case AgentEvent.PermissionRequested permission -> {
        asked.put(permission.permissionId(), permission);
        yield new AgentOutput.Ask(permission);
      }
      case AgentEvent.QuestionRequested question -> {
        asked.put(question.questionId(), question);
        yield new AgentOutput.Ask(question);
      }
      case AgentEvent.Unparsed unparsed -> message(UNPARSED, unparsed);
      default -> message(NO_RAW, event);
    };
  }

  private static AgentOutput message(byte[] raw, AgentEvent event) {
    return new AgentOutput.Message(raw, JsonNodeFactory.instance.nullNode(), List.of(event));
  }

  @Override
  public Optional<String> nativeSessionId() {
    return Optional.of(nativeId);
  }

  @Override
  public void answerPermission(String permissionId, PermissionReply reply) {
    lock.lock();
    try {
      if (take("permission", permissionId) instanceof AgentEvent.PermissionRequested request) {
        tell(
            new AgentEvent.PermissionResolved(
                permissionId,
                request.action(),
                reply == PermissionReply.REJECT
                    ? PermissionStatus.DENIED
                    : PermissionStatus.APPROVED,
                request.metadata()));
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void answerQuestion(String questionId, List<List<String>> answers) {
    Optional<String> response =
        answers.isEmpty() ? Optional.empty() : answers.getFirst().stream().findFirst();
    resolve(questionId, response, QuestionStatus.ANSWERED);
  }

  @Override
  public void rejectQuestion(String questionId) {
    resolve(questionId, Optional.empty(), QuestionStatus.REJECTED);
  }

  private void resolve(String id, Optional<String> response, QuestionStatus status) {
    lock.lock();
    try {
      if (take("question", id) instanceof AgentEvent.QuestionRequested request) {
        tell(
            new AgentEvent.QuestionResolved(
                id, request.prompt(), request.options(), response, status));
      }
    } finally {
      lock.unlock();
    }
  }

  /** What was asked; null when it was asked before this conversation was resumed. */
  private @Nullable AgentEvent take(String what, String id) {
    AgentEvent request = asked.remove(id);
    if (request == null && !resumed) {
      throw new AgentException(
          "unknown_request",
          "unknown %s id: %s".formatted(what, id),
          "it was answered before, or the agent waits no longer",
          null);
    }
    return request;
  }

  private void tell(AgentEvent event) {
    ready.add(new AgentOutput.Ask(event));
    changed.signalAll();
  }

  @Override
  public void setMode(String mode) {
    // Whatever the mode, it says the same.
  }

  @Override
  public void setModel(String model, Optional<String> variant) {
    // There is no model.
  }

  @Override
  public void interrupt() {
    lock.lock();
    try {
      if (running) {
        endTurn(
            new TurnOutcome(
                false, "interrupted", Optional.of("interrupted"), Optional.empty(), 1, 0));
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void endInput() {
    lock.lock();
    try {
      inputEnds = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public AgentExit waitFor() {
    lock.lock();
    try {
      while (!ended) {
        changed.await();
      }
      return new AgentExit(0, false);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxInterruptedException("waiting for an agent", e);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
