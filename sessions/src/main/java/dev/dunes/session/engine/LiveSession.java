package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.EndReason;
import dev.dunes.agent.AgentEvent.EndedBy;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SecretMask;
import dev.dunes.session.SessionException;
import dev.dunes.session.SessionInfo;
import dev.dunes.session.SessionSpec;
import dev.dunes.session.TurnEnd;
import dev.dunes.session.journal.EventLog;
import dev.dunes.session.journal.JournalException;
import dev.dunes.session.journal.StoredSession;
import dev.dunes.session.time.Timers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A session: its state, its turns and its events, behind one lock. Whoever holds the lock writes;
 * so there is one order. A thread exists only while a turn begins and while an agent lives.
 */
final class LiveSession {
  private static final Logger LOG = LoggerFactory.getLogger(LiveSession.class);

  /** How many messages may wait. Agent API, sheet 4.5. */
  private static final int MOST_WAITING = 16;

  /** How long an agent may take to stop when it is told to; then it is killed. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(15);

  /** How many outputs of a turn may be unparseable; more of them say nothing new. */
  private static final int MOST_UNPARSED = 1000;

  private static final Optional<byte[]> NO_RAW = Optional.empty();

  private enum Phase {
    OPEN,
    ENDING,
    ENDED,
    LEFT
  }

  private final EngineServices services;
  private final EventLog log;
  private final Agent agent;
  private final Instant createdAt;
  private final AgentWork work;
  private final TurnWatch watch;

  private final ReentrantLock lock = new ReentrantLock();
  private final SessionState state;
  private final EventWriter events;
  private final Normaliser items;
  private final Requests requests;
  private final Deque<Turn> waiting = new ArrayDeque<>();
  private @Nullable Turn running;
  private @Nullable Thread starting;
  private Optional<String> noted = Optional.empty();
  private Phase phase;
  private Instant updatedAt;
  private StderrTail stderr;
  private int unparsed;
  private Timers.@Nullable Timer restTimer;
  private boolean restSoon;
  private boolean reopenAgent;

  /** Whether the agent's process waits for an answer. */
  private volatile boolean asking;

  LiveSession(
      EngineServices services,
      Keepsakes keepsakes,
      EventLog log,
      Agent agent,
      StoredSession stored,
      SessionState state) {
    this.services = services;
    this.log = log;
    this.agent = agent;
    this.createdAt = stored.createdAt();
    this.updatedAt = stored.updatedAt();
    this.state = state;
    this.events = new EventWriter(log, stored.sequence(), state.nativeId);
    this.items =
        new Normaliser(
            agent.traits().capabilities().itemStarted(), stored.items(), this::writeItem);
    this.requests = new Requests(state.asked);
    this.phase = state.ended == null ? Phase.OPEN : Phase.ENDED;
    this.work =
        new AgentWork(
            services,
            keepsakes,
            new AgentWork.Listener() {
              @Override
              public void heard(AgentOutput output) {
                LiveSession.this.heard(output);
              }

              @Override
              public void ended(Optional<AgentExit> exit, Optional<RuntimeException> failure) {
                agentEnded(exit, failure);
              }
            });
    this.stderr = new StderrTail(work.mask());
    this.watch = new TurnWatch(services.timers(), work::lastActivity, () -> asking);
  }

  // ---- What is known ----

  String id() {
    return log.sessionId();
  }

  EventLog log() {
    return log;
  }

  Agent agent() {
    return agent;
  }

  SessionSpec spec() {
    return state.spec;
  }

  Optional<Sandbox> sandbox() {
    return work.sandbox();
  }

  Instant createdAt() {
    return createdAt;
  }

  SessionInfo info() {
    lock.lock();
    try {
      return new SessionInfo(
          id(),
          state.spec.agent(),
          state.agentMode,
          state.permissionMode,
          state.model,
          state.variant,
          state.nativeId,
          state.ended != null,
          log.last(),
          running != null || !waiting.isEmpty() || unwritten(),
          state.title,
          state.spec.directory(),
          state.provider,
          work.sandbox().map(Sandbox::id),
          createdAt,
          updatedAt);
    } finally {
      lock.unlock();
    }
  }

  /** Whether readers do not have everything yet: who sees that it is over may rely on that. */
  private boolean unwritten() {
    return phase != Phase.LEFT && log.failure().isEmpty() && log.last() < events.sequence();
  }

  // ---- Writing; with the lock ----

  private void write(AgentEvent event, boolean synthetic, Optional<byte[]> raw) {
    events.write(event, synthetic, raw, items.items());
    updatedAt = Instant.now();
  }

  private void writeItem(AgentEvent event, boolean synthetic, Optional<byte[]> raw) {
    events.write(event, synthetic, raw, items.items());
  }

  private void writeError(String message, @Nullable String code, @Nullable ObjectNode details) {
    write(
        new AgentEvent.Failed(
            message,
            Optional.ofNullable(code),
            Optional.<tools.jackson.databind.JsonNode>ofNullable(details)),
        true,
        NO_RAW);
    if (running != null) {
      running.errorTold = true;
    }
  }

  private void saveState() {
    state.running = Optional.ofNullable(running).map(Turn::id);
    state.runningAfter = running == null ? 0 : running.after();
    state.waiting.clear();
    waiting.forEach(turn -> state.waiting.add(turn.prompt().text()));
    state.asked.clear();
    state.asked.addAll(requests.all());
    asking = !requests.isEmpty() && !agent.traits().inProcess();
    log.state(state.toJson());
  }

  // ---- Beginning ----

  /** Writes the first event. */
  void begin() {
    if (agent.traits().inProcess()) {
      noteNativeId(work.open(setup()).nativeSessionId());
    } else if (state.spec.directory().isPresent()) {
      openPlace();
    }
    lock.lock();
    try {
      ObjectNode metadata = JsonMapper.shared().createObjectNode();
      metadata.put("agent", state.spec.agent());
      metadata.put("agentMode", state.agentMode);
      metadata.put("model", state.model.orElse(null));
      metadata.put("permissionMode", state.permissionMode);
      metadata.put("variant", state.variant.orElse(null));
      write(new AgentEvent.SessionStarted(Optional.of(metadata)), true, NO_RAW);
      saveState();
    } finally {
      lock.unlock();
    }
    log.sync();
    lock.lock();
    try {
      scheduleRest();
    } finally {
      lock.unlock();
    }
  }

  private void openPlace() {
    work.openPlace(setup());
    lock.lock();
    try {
      notePlace();
    } finally {
      lock.unlock();
    }
  }

  /** With the lock: a sandbox counts once, also when the agent did not start in it. */
  private void notePlace() {
    Optional<String> now = work.sandbox().map(Sandbox::id);
    if (now.isPresent() && !now.equals(noted)) {
      noted = now;
      state.places++;
      state.provider = work.sandbox().map(Sandbox::provider);
    }
  }

  private AgentSetup setup() {
    lock.lock();
    try {
      boolean fork = state.nativeId.isEmpty() && state.forkOf.isPresent();
      Optional<String> resume =
          agent.traits().resumable() ? state.nativeId.or(() -> state.forkOf) : Optional.empty();
      return new AgentSetup(
          id(),
          log.key(),
          state.spec,
          agent,
          state.agentMode,
          state.permissionMode,
          state.model,
          state.variant,
          resume,
          fork,
          running == null ? state.turns - waiting.size() : running.number() - 1,
          state.places > 0 || state.forkOf.isPresent());
    } finally {
      lock.unlock();
    }
  }

  /** What was cut off by the end of the process that ran it is brought to an end. */
  void recover() {
    lock.lock();
    try {
      boolean cut = state.running.isPresent() || !state.waiting.isEmpty();
      if (!cut && (requests.isEmpty() || agent.traits().inProcess())) {
        return;
      }
      if (!agent.traits().inProcess()) {
        dropRequests();
      }
      if (cut) {
        OpenItems.of(log, state.runningAfter).forEach(event -> write(event, true, NO_RAW));
        ObjectNode details = JsonMapper.shared().createObjectNode();
        if (!state.waiting.isEmpty()) {
          state.waiting.forEach(details.putArray("notSent")::add);
        }
        writeError(
            "the server was restarted during the turn",
            "server_restart",
            details.isEmpty() ? null : details);
        if (state.spec.turnEvents()) {
          writeTurn(
              AgentEvent.TurnPhase.ENDED,
              state.running.orElse("turn_" + state.turns),
              "server_restart");
        }
      }
      saveState();
    } finally {
      lock.unlock();
    }
  }

  // ---- Turns ----

  Turn send(Prompt prompt) {
    if (prompt.text().isBlank() && prompt.attachments().isEmpty()) {
      throw Problems.invalid("message must not be empty", "write something");
    }
    Turn turn;
    lock.lock();
    try {
      refuseWhenOver();
      if (waiting.size() >= MOST_WAITING) {
        throw Problems.conflict(
            "%d messages wait already".formatted(MOST_WAITING), "wait for the end of the turn");
      }
      state.turns++;
      turn = new Turn(state.turns, prompt);
      if (running == null) {
        beginTurn(turn);
      } else {
        waiting.add(turn);
      }
      saveState();
    } finally {
      lock.unlock();
    }
    log.sync();
    return turn;
  }

  private void refuseWhenOver() {
    log.failure()
        .ifPresent(e -> {
          throw Problems.of(e);
        });
    if (phase == Phase.LEFT) {
      throw Problems.stream("the server is stopping", "try again when it is back", null);
    }
    if (phase == Phase.ENDING) {
      throw Problems.invalid("session terminated", "create another session");
    }
    if (state.ended == null) {
      return;
    }
    switch (state.ended) {
      case TERMINATED -> throw Problems.invalid("session terminated", "create another session");
      case ERROR -> throw Problems.agentExited(state.spec.agent(), state.exitCode, state.stderr);
      case COMPLETED -> {
        if (!agent.traits().resumable()) {
          throw Problems.invalid("session ended", "create another session");
        }
        state.ended = null;
        phase = Phase.OPEN;
      }
    }
  }

  /** With the lock. */
  private void beginTurn(Turn turn) {
    running = turn;
    cancelRest();
    unparsed = 0;
    turn.begin(events.sequence());
    if (state.spec.turnEvents()) {
      writeTurn(AgentEvent.TurnPhase.STARTED, turn.id(), null);
    }
    items.user(turn.prompt().text(), turn.number(), state.nativeId.orElse(id()));
    starting = Thread.ofVirtual().name("session-turn").start(() -> start(turn));
  }

  private void writeTurn(AgentEvent.TurnPhase what, String turn, @Nullable String reason) {
    Optional<tools.jackson.databind.JsonNode> metadata =
        Optional.ofNullable(reason)
            .map(text -> JsonMapper.shared().createObjectNode().put("reason", text));
    write(new AgentEvent.Turn(what, Optional.of(turn), metadata), true, NO_RAW);
  }

  /** On a thread of its own: opening takes its time. */
  private void start(Turn turn) {
    try {
      if (reopen()) {
        work.endAgent();
      }
      boolean fresh = work.agent().isEmpty();
      AgentSession session = work.open(setup());
      lock.lock();
      try {
        notePlace();
        if (fresh && !agent.traits().inProcess()) {
          items.newProcess();
          stderr = new StderrTail(work.mask());
          if (turn.number() > 1 && !agent.traits().resumable()) {
            writeError(
                "this agent cannot go on with a conversation: it knows nothing of what was said before",
                "conversation_lost",
                null);
          }
        }
        starting = null;
        if (running != turn) {
          return;
        }
        watch(turn); // from here on: opening has limits of its own
      } finally {
        lock.unlock();
      }
      session.send(turn.prompt());
      if (stopped(turn)) {
        session.interrupt(); // there was nothing to interrupt before
      }
    } catch (JournalException e) {
      fault(e);
    } catch (RuntimeException e) {
      LOG.debug("session {}: the turn could not begin", id(), e);
      work.endAgent();
      failTurn(turn, e);
    }
  }

  private void watch(Turn turn) {
    TurnLimits limits = services.limits().get();
    watch.begin(
        state.spec.turnTimeout().orElse(limits.turn()),
        state.spec.idleTimeout().orElse(limits.quiet()),
        why -> Thread.ofVirtual().name("session-limit").start(() -> tooLong(turn, why)));
  }

  private boolean stopped(Turn turn) {
    lock.lock();
    try {
      return turn.interrupted || turn.timedOut;
    } finally {
      lock.unlock();
    }
  }

  private boolean reopen() {
    lock.lock();
    try {
      boolean again = reopenAgent;
      reopenAgent = false;
      return again;
    } finally {
      lock.unlock();
    }
  }

  private void failTurn(Turn turn, RuntimeException e) {
    guarded(() -> {
      starting = null;
      notePlace();
      if (running != turn || phase != Phase.OPEN) {
        return;
      }
      Thread.interrupted();
      boolean stopped = turn.interrupted || turn.timedOut;
      if (!stopped) {
        ObjectNode details = JsonMapper.shared().createObjectNode();
        Problems.remedy(e).ifPresent(remedy -> details.put("remedy", remedy));
        writeError(work.mask().apply(Problems.said(e)), null, details.isEmpty() ? null : details);
      }
      endTurn(
          kind(turn, TurnEnd.Kind.FAILED),
          stopped ? "interrupted" : "error",
          stopped ? null : Problems.of(state.spec.agent(), e, work.mask()),
          0);
      nextTurn();
    });
  }

  private static TurnEnd.Kind kind(Turn turn, TurnEnd.Kind otherwise) {
    if (turn.timedOut) {
      return TurnEnd.Kind.TIMED_OUT;
    }
    return turn.interrupted ? TurnEnd.Kind.INTERRUPTED : otherwise;
  }

  /** With the lock. */
  private void endTurn(
      TurnEnd.Kind kind, String reason, @Nullable SessionException problem, double costUsd) {
    Turn turn = running;
    if (turn == null) {
      return;
    }
    watch.end();
    items.endTurn(kind == TurnEnd.Kind.COMPLETED);
    if (state.spec.turnEvents()) {
      writeTurn(AgentEvent.TurnPhase.ENDED, turn.id(), reason);
    }
    running = null;
    saveState();
    turn.end(events.sequence(), new TurnEnd(kind, reason, Optional.ofNullable(problem), costUsd));
    log.wake();
  }

  /** With the lock. */
  private void nextTurn() {
    if (phase != Phase.OPEN || running != null) {
      return;
    }
    Turn next = waiting.poll();
    if (next != null) {
      beginTurn(next);
      saveState();
    } else {
      scheduleRest();
    }
  }

  // ---- What the agent says; on the thread that reads ----

  private void heard(AgentOutput output) {
    boolean turnEnded = output instanceof AgentOutput.TurnEnded;
    guarded(() -> {
      if (phase != Phase.OPEN) {
        return;
      }
      watch.heard();
      noteNative();
      switch (output) {
        case AgentOutput.Message message -> {
          Optional<byte[]> raw = message.raw().length == 0 ? NO_RAW : Optional.of(message.raw());
          message.events().forEach(event -> event(event, raw));
        }
        case AgentOutput.Superseded _ -> {}
        case AgentOutput.Ask ask -> asked(ask.event(), NO_RAW);
        case AgentOutput.TurnEnded ended -> turnEnded(ended.outcome());
        case AgentOutput.Text text ->
            unparsed(
                "a line that is no message",
                Optional.of(JsonMapper.shared().writeValueAsBytes(work.mask().apply(text.line()))));
        case AgentOutput.Diagnostics said -> stderr.add(said.text());
        case AgentOutput.Dropped dropped ->
            unparsed("a line of %d bytes was dropped".formatted(dropped.bytes()), NO_RAW);
      }
    });
    if (turnEnded) {
      work.keepConversation();
      guarded(this::nextTurn);
    }
  }

  private void unparsed(String error, Optional<byte[]> raw) {
    if (unparsed++ < MOST_UNPARSED) {
      write(new AgentEvent.Unparsed(error, "stdout", Optional.empty()), true, raw);
    }
  }

  private void noteNative() {
    if (state.nativeId.isEmpty()) {
      work.agent()
          .flatMap(AgentSession::nativeSessionId)
          .ifPresent(id -> {
            state.nativeId = Optional.of(id);
            events.nativeId(id);
            saveState();
          });
    }
  }

  private void noteNativeId(Optional<String> id) {
    lock.lock();
    try {
      state.nativeId = id.or(() -> state.nativeId);
      id.ifPresent(events::nativeId);
    } finally {
      lock.unlock();
    }
  }

  private void event(AgentEvent event, Optional<byte[]> raw) {
    if (phase != Phase.OPEN) {
      return;
    }
    switch (event) {
      case AgentEvent.SessionStarted _ -> {} // ours is the one: sheet 3.1, rule 2
      case AgentEvent.SessionEnded ended -> {
        if (!agent.traits().resumable()) {
          over(ended.reason(), ended.terminatedBy(), null);
        }
      }
      case AgentEvent.ItemStarted _, AgentEvent.ItemDelta _, AgentEvent.ItemCompleted _ -> {
        watch.heard(event);
        items.accept(event, raw);
      }
      case AgentEvent.Failed failed -> {
        write(failed, raw.isEmpty(), raw);
        if (running != null) {
          running.errorTold = true;
        }
      }
      case AgentEvent.Unparsed output -> write(output, true, raw);
      case AgentEvent.Turn _ -> {} // turns are counted here
      case AgentEvent.PermissionRequested _,
          AgentEvent.PermissionResolved _,
          AgentEvent.QuestionRequested _,
          AgentEvent.QuestionResolved _ ->
          asked(event, raw);
    }
  }

  private void asked(AgentEvent event, Optional<byte[]> raw) {
    switch (event) {
      case AgentEvent.PermissionRequested permission -> {
        requested(permission, raw);
        if (requests.remembered(permission)) {
          Thread.ofVirtual().name("session-always").start(() -> answers().always(permission));
        }
      }
      case AgentEvent.QuestionRequested question -> requested(question, raw);
      case AgentEvent.PermissionResolved resolved -> resolved(resolved.permissionId(), resolved);
      case AgentEvent.QuestionResolved resolved -> resolved(resolved.questionId(), resolved);
      default -> throw new IllegalArgumentException("asks nothing: " + event.type());
    }
  }

  private void requested(AgentEvent event, Optional<byte[]> raw) {
    requests.add(event);
    write(event, false, raw);
    if (running != null) {
      running.asked(events.sequence());
      log.wake();
    }
    saveState();
  }

  /** With the lock; tells it unless it was told. */
  private void resolved(String id, AgentEvent event) {
    if (requests.remove(id)) {
      write(event, true, NO_RAW);
      saveState();
    }
  }

  private void dropRequests() {
    for (AgentEvent request : requests.all()) {
      AgentEvent dropped = Requests.dropped(request);
      asked(dropped, NO_RAW);
    }
  }

  private void turnEnded(TurnOutcome outcome) {
    Turn turn = running;
    if (turn == null || starting != null) {
      return; // of a turn that nobody asked for
    }
    TurnEnd.Kind kind =
        kind(turn, outcome.success() ? TurnEnd.Kind.COMPLETED : TurnEnd.Kind.FAILED);
    SessionException problem = null;
    if (kind == TurnEnd.Kind.FAILED) {
      String text = outcome.text().orElse(outcome.reason());
      problem = Problems.stream(text, null, null);
      if (!turn.errorTold) {
        writeError(
            text, null, JsonMapper.shared().createObjectNode().put("reason", outcome.reason()));
      }
    }
    endTurn(kind, outcome.reason(), problem, outcome.costUsd());
  }

  private void agentEnded(Optional<AgentExit> exit, Optional<RuntimeException> failure) {
    guarded(() -> {
      if (phase != Phase.OPEN) {
        return;
      }
      if (!agent.traits().inProcess()) {
        dropRequests();
      }
      Turn turn = running;
      if (turn == null || starting != null) {
        return; // the next message opens it again
      }
      if (turn.interrupted || turn.timedOut) {
        endTurn(kind(turn, TurnEnd.Kind.FAILED), "interrupted", null, 0);
        nextTurn();
      } else if (failure.isPresent()) {
        RuntimeException e = failure.get();
        SecretMask mask = work.mask();
        writeError(mask.apply(Problems.said(e)), null, null);
        endTurn(TurnEnd.Kind.FAILED, "error", Problems.of(state.spec.agent(), e, mask), 0);
        nextTurn();
      } else {
        crashed(
            exit.map(AgentExit::code).orElse(-1), exit.filter(AgentExit::outOfMemory).isPresent());
      }
    });
  }

  private void crashed(int code, boolean outOfMemory) {
    String said = stderr.text();
    ObjectNode details = JsonMapper.shared().createObjectNode();
    details.put("exitCode", code);
    details.put("stderr", said);
    writeError(
        "the agent's process ended with code %d before its turn did%s"
            .formatted(code, outOfMemory ? " (out of memory)" : ""),
        "process_exit",
        details);
    SessionException problem = Problems.agentExited(state.spec.agent(), code, said);
    if (code == 0) {
      endTurn(TurnEnd.Kind.FAILED, "process_exit", problem, 0);
      nextTurn();
    } else {
      state.exitCode = code;
      state.stderr = said;
      over(EndReason.ERROR, EndedBy.AGENT, problem);
    }
  }

  /** With the lock: nothing follows. */
  private void over(EndReason reason, EndedBy by, @Nullable SessionException problem) {
    dropRequests();
    items.endTurn(reason == EndReason.COMPLETED);
    watch.end();
    Turn turn = running;
    running = null;
    List<Turn> never = List.copyOf(waiting);
    waiting.clear();
    if (turn != null && state.spec.turnEvents()) {
      writeTurn(AgentEvent.TurnPhase.ENDED, turn.id(), "session_ended");
    }
    long before = events.sequence();
    write(new AgentEvent.SessionEnded(reason, by), true, NO_RAW);
    phase = Phase.ENDED;
    state.ended = reason;
    saveState();
    TurnEnd end =
        new TurnEnd(TurnEnd.Kind.SESSION_ENDED, "session_ended", Optional.ofNullable(problem), 0);
    if (turn != null) {
      turn.end(events.sequence(), end);
    }
    never.forEach(each -> {
      each.begin(before);
      each.end(events.sequence(), end);
    });
    log.wake();
    Thread.ofVirtual().name("session-end").start(work::end);
  }

  // ---- Stopping ----

  /** Ends the turn that runs. */
  void interrupt() {
    Turn turn;
    lock.lock();
    try {
      turn = running;
      if (turn == null || turn.interrupted) {
        return;
      }
      turn.interrupted = true;
    } finally {
      lock.unlock();
    }
    stop(turn);
  }

  private void tooLong(Turn turn, String why) {
    guarded(() -> {
      if (running != turn || turn.interrupted || phase != Phase.OPEN) {
        return;
      }
      writeError(why, "turn_timeout", null);
      turn.timedOut = true;
    });
    if (turn.timedOut) {
      stop(turn);
    }
  }

  private void stop(Turn turn) {
    lock.lock();
    try {
      if (starting != null) {
        starting.interrupt();
        return;
      }
    } finally {
      lock.unlock();
    }
    services
        .timers()
        .after(STOP_LIMIT, () -> Thread.ofVirtual().name("session-stop").start(() -> kill(turn)));
    try {
      work.agent().ifPresent(AgentSession::interrupt);
    } catch (AgentException e) {
      LOG.debug("session {}: the agent could not be interrupted", id(), e);
    }
  }

  private void kill(Turn turn) {
    boolean still;
    lock.lock();
    try {
      still = running == turn;
    } finally {
      lock.unlock();
    }
    if (!still) {
      return;
    }
    LOG.warn("session {}: its agent did not stop when asked to; it is killed", id());
    work.endAgent();
    guarded(() -> {
      if (running == turn && phase == Phase.OPEN) {
        dropRequests();
        endTurn(kind(turn, TurnEnd.Kind.FAILED), "interrupted", null, 0);
        nextTurn();
      }
    });
  }

  /** Ends the session with everything in its sandbox. Returns when that is done. */
  void terminate() {
    Thread opening;
    lock.lock();
    try {
      if (state.ended != null || phase == Phase.LEFT) {
        return;
      }
      phase = Phase.ENDING;
      cancelRest();
      opening = starting;
    } finally {
      lock.unlock();
    }
    if (opening != null) {
      opening.interrupt();
    }
    work.end();
    guarded(() -> {
      if (state.ended == null) {
        over(EndReason.TERMINATED, EndedBy.DAEMON, null);
      }
    });
    log.sync();
  }

  /** This process lets go of it: a turn that runs is cut off, the session stays. */
  void leave() {
    Thread opening;
    lock.lock();
    try {
      if (phase == Phase.LEFT) {
        return;
      }
      opening = starting;
      cancelRest();
    } finally {
      lock.unlock();
    }
    if (opening != null) {
      opening.interrupt();
    }
    guarded(() -> {
      watch.end();
      if (phase == Phase.OPEN && log.failure().isEmpty()) {
        if (running != null || !waiting.isEmpty()) {
          cutOff();
        }
        if (!agent.traits().inProcess()) {
          dropRequests();
        }
        saveState();
      }
      phase = Phase.LEFT;
    });
    boolean whole = work.sandbox().isPresent() && log.failure().isEmpty();
    if (whole) {
      work.rest(() -> true);
    } else {
      work.end();
    }
    log.close();
  }

  private void cutOff() {
    ObjectNode details = JsonMapper.shared().createObjectNode();
    if (!waiting.isEmpty()) {
      waiting.forEach(turn -> details.withArray("notSent").add(turn.prompt().text()));
    }
    writeError(
        "the server was stopped during the turn",
        "server_restart",
        details.isEmpty() ? null : details);
    List<Turn> never = List.copyOf(waiting);
    waiting.clear();
    items.endTurn(false);
    endTurn(
        TurnEnd.Kind.SESSION_ENDED,
        "server_restart",
        Problems.stream("the server was stopped during the turn", "send it again", null),
        0);
    TurnEnd end = new TurnEnd(TurnEnd.Kind.SESSION_ENDED, "server_restart", Optional.empty(), 0);
    never.forEach(each -> {
      each.begin(events.sequence());
      each.end(events.sequence(), end);
    });
  }

  /** Lets it rest as soon as no turn runs. */
  void restNow() {
    interrupt();
    lock.lock();
    try {
      restSoon = true;
      if (running == null && phase == Phase.OPEN) {
        scheduleRest();
      }
    } finally {
      lock.unlock();
    }
  }

  private void scheduleRest() {
    cancelRest();
    Duration idle = restSoon ? Duration.ofMillis(1) : services.limits().get().idle();
    restSoon = false;
    restTimer =
        services
            .timers()
            .after(idle, () -> Thread.ofVirtual().name("session-rest").start(this::rest));
  }

  private void cancelRest() {
    if (restTimer != null) {
      restTimer.cancel();
      restTimer = null;
    }
  }

  private void rest() {
    lock.lock();
    try {
      if (restTimer == null || running != null || phase != Phase.OPEN) {
        return;
      }
      restTimer = null;
    } finally {
      lock.unlock();
    }
    log.rest();
    List<String> lost = work.rest(this::idle);
    guarded(() -> {
      if (phase == Phase.OPEN && running == null && work.agent().isEmpty()) {
        dropRequests();
      }
      if (!lost.isEmpty() && phase == Phase.OPEN) {
        writeError(
            "the sandbox was closed because nothing happened; too much was in it to be kept: "
                + String.join(", ", lost),
            "files_lost",
            null);
      }
    });
  }

  private boolean idle() {
    lock.lock();
    try {
      return running == null && phase == Phase.OPEN;
    } finally {
      lock.unlock();
    }
  }

  // ---- Changing ----

  void setMode(String mode) {
    Checks.mode(state.spec.agent(), mode, agent.traits());
    changing(
        session -> session.setMode(mode),
        "mode_not_supported",
        () ->
            Problems.modeNotSupported(state.spec.agent(), mode, "create a session with that mode"));
    lock.lock();
    try {
      state.agentMode = mode;
      saveState();
    } finally {
      lock.unlock();
    }
  }

  void setModel(String model, Optional<String> variant) {
    changing(
        session -> session.setModel(model, variant),
        "model_not_supported",
        () ->
            Problems.invalid(
                "%s cannot change its model".formatted(state.spec.agent()),
                "create a session with that model"));
    lock.lock();
    try {
      state.model = Optional.of(model);
      state.variant = variant.or(() -> state.variant);
      saveState();
    } finally {
      lock.unlock();
    }
  }

  private interface Change {
    void apply(AgentSession session);
  }

  private interface Refusal {
    SessionException get();
  }

  /** Where the agent cannot change while it runs it is opened again, if it can go on then. */
  private void changing(Change change, String code, Refusal refusal) {
    refuse();
    Optional<AgentSession> living = work.agent();
    if (living.isEmpty()) {
      return;
    }
    try {
      change.apply(living.get());
    } catch (AgentException e) {
      if (!e.code().equals(code)) {
        throw Problems.of(state.spec.agent(), e);
      }
      if (!agent.traits().resumable()) {
        throw refusal.get();
      }
      lock.lock();
      try {
        reopenAgent = true;
      } finally {
        lock.unlock();
      }
    }
  }

  private void refuse() {
    lock.lock();
    try {
      refuseWhenOver();
    } finally {
      lock.unlock();
    }
  }

  void rename(String title) {
    Checks.title(title);
    lock.lock();
    try {
      state.title = Optional.of(title);
      updatedAt = Instant.now();
      saveState();
    } finally {
      lock.unlock();
    }
    log.sync();
  }

  /** The state of a session that begins where this one is. */
  SessionState forked() {
    lock.lock();
    try {
      if (!agent.traits().resumable() || state.nativeId.isEmpty()) {
        throw Problems.invalid(
            "%s cannot fork this session".formatted(state.spec.agent()),
            "create another session and tell it what it must know");
      }
      SessionState fork = new SessionState(state.spec, state.agentMode, state.permissionMode);
      fork.model = state.model;
      fork.variant = state.variant;
      fork.title = state.title;
      fork.forkOf = state.nativeId;
      return fork;
    } finally {
      lock.unlock();
    }
  }

  /** Keeps what the agent knows and has done until now. */
  void keep() {
    work.keepAll();
  }

  // ---- Answers ----

  /** Answers what the agent asked. */
  Answers answers() {
    return new Answers(
        new Answers.Desk() {
          @Override
          public <T> T locked(java.util.function.Function<Requests, T> action) {
            lock.lock();
            try {
              refuseWhenOver();
              return action.apply(requests);
            } finally {
              lock.unlock();
            }
          }

          @Override
          public void resolve(String id, AgentEvent event) {
            guarded(() -> {
              if (phase == Phase.OPEN) {
                resolved(id, event);
              }
            });
            log.sync();
          }

          @Override
          public AgentSession agent() {
            return work.agent()
                .or(() ->
                    agent.traits().inProcess() ? Optional.of(work.open(setup())) : Optional.empty())
                .orElseThrow(
                    () -> Problems.stream("the agent does not run", "send it a message", null));
          }
        },
        state.spec.agent());
  }

  // ---- Faults ----

  /** With the lock; a journal that fails ends the work of the session, not its history. */
  private void guarded(Runnable action) {
    try {
      lock.lock();
      try {
        action.run();
      } finally {
        lock.unlock();
      }
    } catch (JournalException e) {
      fault(e);
    }
  }

  void fault(JournalException e) {
    LOG.error("session {} stops: {}", id(), e.getMessage());
    Turn turn;
    lock.lock();
    try {
      if (phase == Phase.LEFT) {
        return;
      }
      phase = Phase.LEFT;
      turn = running;
      running = null;
      watch.end();
      TurnEnd end =
          new TurnEnd(TurnEnd.Kind.SESSION_ENDED, "journal", Optional.of(Problems.of(e)), 0);
      if (turn != null) {
        turn.end(Math.max(turn.after(), log.last()), end);
      }
      for (Turn never : waiting) {
        never.begin(log.last());
        never.end(log.last(), end);
      }
      waiting.clear();
    } finally {
      lock.unlock();
    }
    log.wake();
    Thread.ofVirtual().name("session-end").start(work::end);
  }

  /** Whether the journal failed under it: it has to be read again. */
  boolean faulted() {
    return log.failure().isPresent();
  }
}
