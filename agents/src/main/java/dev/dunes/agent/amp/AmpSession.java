package dev.dunes.agent.amp;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.agent.drive.Attachments;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.PromptQueue;
import dev.dunes.agent.drive.RawOutput;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A thread of Amp's. Its process lives from one prompt to an interrupt or a failure; the next
 * prompt goes on with the thread in another. Whoever calls {@link #next()} starts processes, sends
 * and reads; other threads answer, stop, or leave a wish and wake the reader.
 */
final class AmpSession implements AgentSession {
  private final AmpProcesses processes;
  private final ConcurrentLinkedQueue<AgentOutput> ready = new ConcurrentLinkedQueue<>();
  private final AmpEvents events = new AmpEvents();
  private final AmpTurn turn;
  private @Nullable AmpBroker broker;

  private final ReentrantLock lock = new ReentrantLock();
  private final PromptQueue<Prompt> waiting = new PromptQueue<>();
  private boolean running;
  private boolean ending;
  private @Nullable Stop stop;
  private volatile @Nullable String thread;

  // Of the reader alone.
  private AgentOutput.@Nullable Message held;

  /** Why a turn is being stopped. */
  private record Stop(String reason, String why) {}

  private AmpSession(AmpLaunch launch) {
    this.processes = new AmpProcesses(launch);
    this.turn = new AmpTurn(launch.options().maxTurns());
    this.thread = launch.options().resume().orElse(null);
  }

  /** Nothing of Amp runs before there is a prompt. */
  static AmpSession open(AmpLaunch launch) {
    AmpSession session = new AmpSession(launch);
    launch.broker().ifPresent(started -> session.broker = new AmpBroker(started, session::ask));
    if (session.broker != null) {
      try {
        session.broker.awaitReady();
      } catch (RuntimeException | Error e) {
        session.broker.close();
        throw e;
      }
    }
    return session;
  }

  private void ask(AgentEvent event) {
    ready.add(new AgentOutput.Ask(event));
    processes.wake();
  }

  private <T> T locked(Supplier<T> asking) {
    lock.lock();
    try {
      return asking.get();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void send(Prompt prompt) {
    if (!Attachments.images(prompt).isEmpty()) {
      throw new AgentException(
          "invalid_attachment",
          "Amp takes no pictures",
          "attach files, or use another agent",
          null);
    }
    Attachments.text(prompt);
    lock.lock();
    try {
      waiting.add(prompt);
    } finally {
      lock.unlock();
    }
    processes.wake();
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
      if (ready.isEmpty() && !locked(waiting::ended)) {
        try {
          processes.take().ifPresent(this::handle);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new SandboxInterruptedException("waiting for an agent", e);
        }
      }
    }
  }

  /** Starts the next turn when none runs, or ends when none will. */
  private void sendNext() {
    Optional<Prompt> prompt =
        locked(() -> {
          if (running || ending) {
            return Optional.empty();
          }
          Optional<Prompt> next = waiting.next();
          running = next.isPresent();
          ending = next.isEmpty() && waiting.inputEnds();
          return next;
        });
    if (prompt.isPresent()) {
      turn.begin();
      processes.write(Optional.ofNullable(thread), line(prompt.get()));
      if (locked(() -> stop != null)) {
        processes.interrupt(); // the wish came before there was a process
      }
    } else if (locked(() -> ending)) {
      processes.endInput();
      if (!processes.running()) {
        end();
      }
    }
  }

  private void end() {
    lock.lock();
    try {
      waiting.end();
    } finally {
      lock.unlock();
    }
  }

  private static String line(Prompt prompt) {
    ObjectNode line = Json.object().put("type", "user");
    ObjectNode message = line.putObject("message").put("role", "user");
    message
        .putArray("content")
        .addObject()
        .put("type", "text")
        .put("text", Attachments.text(prompt));
    return line.toString();
  }

  private void handle(RawOutput raw) {
    switch (raw) {
      case RawOutput.Line line -> line(line.bytes());
      case RawOutput.TooLong tooLong -> ready.add(new AgentOutput.Dropped(tooLong.bytes()));
      case RawOutput.Diagnostics said -> ready.add(new AgentOutput.Diagnostics(said.text()));
      case RawOutput.Wake _ -> {}
      case RawOutput.End _ -> ended();
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
    Json.text(json, "session_id").ifPresent(id -> thread = id);
    List<AgentEvent> meaning = locked(() -> stop != null) ? told(json) : events.of(json);
    AgentOutput.Message message = new AgentOutput.Message(bytes, json, meaning);
    boolean result = Json.text(json, "type", "").equals("result");
    if (result && !locked(() -> running)) {
      return; // it repeats, at the end of its input, what the last turn said
    }
    turn.see(json);
    if (result) {
      held = message; // the process ends now
    } else if (turn.over() && locked(() -> stop == null)) {
      held = message;
      endTurn(turn.ended());
    } else {
      ready.add(message);
      turn.tooLong().ifPresent(why -> stop(new Stop("error_max_turns", why)));
    }
  }

  /** That it was stopped is what was wanted, and no failure. */
  private List<AgentEvent> told(JsonNode json) {
    return Json.text(json, "type", "").equals("result") ? List.of() : events.of(json);
  }

  private void endTurn(TurnOutcome how) {
    if (broker != null) {
      broker.endAll();
    }
    AgentOutput.Message last = held;
    held = null;
    List<AgentEvent> meaning = new ArrayList<>(last == null ? List.of() : last.events());
    ObjectNode summary = Json.object().put("reason", how.reason()).put("turns", how.turns());
    summary.set("tokens", Json.MAPPER.valueToTree(how.tokens()));
    meaning.add(AmpEvents.turnCompleted(summary));
    byte[] raw = last == null ? new byte[0] : last.raw();
    JsonNode json = last == null ? Json.MAPPER.nullNode() : last.json();
    ready.add(new AgentOutput.Message(raw, json, meaning));
    ready.add(new AgentOutput.TurnEnded(how));
    lock.lock();
    try {
      running = false;
      stop = null;
    } finally {
      lock.unlock();
    }
  }

  /** The process is gone: with the turn it was stopped in or that failed, or by a crash. */
  private void ended() {
    processes.ended();
    Optional<Stop> stopped = locked(() -> Optional.ofNullable(stop));
    boolean ran = locked(() -> running);
    boolean crashed = ran && stopped.isEmpty() && held == null;
    if (crashed || locked(() -> ending) || processes.closed()) {
      end();
    }
    if (ran && stopped.isPresent()) {
      endTurn(turn.failed(stopped.get().reason(), stopped.get().why()));
    } else if (ran && held != null) {
      endTurn(turn.failed());
    } else if (broker != null) {
      broker.endAll();
    }
  }

  @Override
  public Optional<String> nativeSessionId() {
    return Optional.ofNullable(thread);
  }

  @Override
  public void answerPermission(String permissionId, PermissionReply reply) {
    if (broker == null) {
      throw unknown("permission", permissionId);
    }
    broker.answerPermission(permissionId, reply);
  }

  @Override
  public void answerQuestion(String questionId, List<List<String>> answers) {
    throw unknown("question", questionId);
  }

  @Override
  public void rejectQuestion(String questionId) {
    throw unknown("question", questionId);
  }

  private static AgentException unknown(String what, String id) {
    return new AgentException(
        "unknown_request",
        "unknown %s id: %s".formatted(what, id),
        "it was answered before, or the agent waits no longer",
        null);
  }

  @Override
  public void interrupt() {
    stop(new Stop("interrupted", "interrupted"));
  }

  private void stop(Stop wanted) {
    lock.lock();
    try {
      if (!running || stop != null) {
        return;
      }
      stop = wanted;
    } finally {
      lock.unlock();
    }
    processes.interrupt();
  }

  @Override
  public void endInput() {
    lock.lock();
    try {
      waiting.endInput();
    } finally {
      lock.unlock();
    }
    processes.wake();
  }

  /** How the last process ended, once the session has. */
  @Override
  public AgentExit waitFor() {
    return processes.waitFor();
  }

  @Override
  public void close() {
    end();
    processes.close();
    if (broker != null) {
      broker.close();
    }
  }
}
