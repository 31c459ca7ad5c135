package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentModels;
import dev.dunes.session.AgentInstallation;
import dev.dunes.session.AgentStatus;
import dev.dunes.session.SearchHit;
import dev.dunes.session.Session;
import dev.dunes.session.SessionException;
import dev.dunes.session.SessionInfo;
import dev.dunes.session.SessionSpec;
import dev.dunes.session.Sessions;
import dev.dunes.session.journal.EventLog;
import dev.dunes.session.journal.Journal;
import dev.dunes.session.journal.JournalException;
import dev.dunes.session.journal.StoredSession;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions of this process. The journal is opened on a thread of its own as soon as this is
 * made; whoever needs it waits.
 */
public final class SessionEngine implements Sessions {
  private static final Logger LOG = LoggerFactory.getLogger(SessionEngine.class);

  private final EngineServices services;
  private final AgentCatalogue catalogue;
  private final Keepsakes keepsakes;
  private final CompletableFuture<Journal> journal = new CompletableFuture<>();
  private final Map<String, LiveSession> live = new ConcurrentHashMap<>();
  private final Set<String> reserved = ConcurrentHashMap.newKeySet();
  private final ReentrantLock rereading = new ReentrantLock();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param directory of the journal
   * @param maxBytes how large the journal may become
   */
  public SessionEngine(EngineServices services, Path directory, OptionalLong maxBytes) {
    this.services = services;
    this.catalogue = new AgentCatalogue(services);
    this.keepsakes = new Keepsakes(directory.resolve("kept"));
    // Not a virtual one: SQLite holds its carrier, and this is to be in parallel with a start.
    Thread.ofPlatform().daemon().name("dunes-sessions-open").start(() -> open(directory, maxBytes));
  }

  private void open(Path directory, OptionalLong maxBytes) {
    try {
      Journal opened = Journal.open(directory, maxBytes);
      try {
        opened.sessions().forEach(stored -> load(opened, stored));
        journal.complete(opened);
      } catch (RuntimeException | Error e) {
        opened.close();
        throw e;
      }
    } catch (RuntimeException | Error e) {
      journal.completeExceptionally(e);
    }
  }

  private LiveSession load(Journal from, StoredSession stored) {
    SessionState state = SessionState.read(stored.state());
    Agent agent;
    try {
      agent = catalogue.get(state.spec.agent());
    } catch (SessionException e) {
      LOG.info("session {}: there is no agent '{}' any more", stored.id(), state.spec.agent());
      agent = new GoneAgent(state.spec.agent());
    }
    LiveSession session =
        new LiveSession(services, keepsakes, from.log(stored), agent, stored, state);
    live.put(stored.id(), session);
    try {
      session.recover();
    } catch (JournalException e) {
      session.fault(e);
    }
    return session;
  }

  private Journal journal() {
    try {
      return journal.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof JournalException known) {
        throw Problems.of(known);
      }
      throw Problems.stream("the sessions could not be opened: " + e.getCause(), null, e);
    }
  }

  /** A session, whatever its state. */
  LiveSession live(String id) {
    journal();
    LiveSession session = live.get(id);
    if (session == null) {
      throw Problems.notFound(id);
    }
    return session;
  }

  /** A session that can be written to: one whose journal failed is read again. */
  LiveSession working(String id) {
    if (!live(id).faulted()) {
      return live(id);
    }
    rereading.lock();
    try {
      LiveSession session = live(id);
      if (!session.faulted()) {
        return session;
      }
      session.leave();
      return load(journal(), journal().reread(session.log()));
    } catch (JournalException e) {
      throw Problems.of(e);
    } finally {
      rereading.unlock();
    }
  }

  @Override
  public List<AgentStatus> agents() {
    return catalogue.all();
  }

  @Override
  public AgentStatus agent(String id) {
    return catalogue.status(id);
  }

  @Override
  public AgentInstallation install(String agent, boolean again) {
    return catalogue.install(agent, again);
  }

  @Override
  public List<AgentMode> modes(String agent) {
    return catalogue.get(agent).traits().modes();
  }

  @Override
  public AgentModels models(String agent) {
    return catalogue.get(agent).models();
  }

  @Override
  public Session create(String id, SessionSpec spec) {
    Checks.id(id);
    Agent agent = catalogue.get(spec.agent());
    String mode = Checks.mode(spec, agent.traits());
    String permissions = Checks.permissionMode(spec, agent.traits());
    Checks.limits(spec);
    services.places().check(spec, agent.traits());
    return reserve(
        id,
        () -> {
          catalogue.prepare(agent);
          return begin(id, agent, new SessionState(spec, mode, permissions), -1);
        });
  }

  private interface Making {
    LiveSession make();
  }

  /** INVARIANT: an id is given once, whoever asks at the same time. */
  private Session reserve(String id, Making making) {
    journal();
    if (closed.get()) {
      throw Problems.stream("the server is stopping", "try again when it is back", null);
    }
    if (live.containsKey(id) || !reserved.add(id)) {
      throw Problems.exists(id);
    }
    try {
      if (live.containsKey(id)) {
        throw Problems.exists(id);
      }
      live.put(id, making.make());
      return new SessionHandle(this, id);
    } catch (JournalException e) {
      throw Problems.of(e);
    } finally {
      reserved.remove(id);
    }
  }

  /**
   * @param from the session whose keepsakes it gets; −1 for none
   */
  private LiveSession begin(String id, Agent agent, SessionState state, long from) {
    Instant now = Instant.now();
    EventLog log = journal().create(id, now, state.toJson());
    boolean begun = false;
    LiveSession session = null;
    try {
      keepsakes.keepFiles(log.key(), state.spec.files());
      if (from >= 0) {
        keepsakes.copy(from, log.key());
      }
      session =
          new LiveSession(
              services,
              keepsakes,
              log,
              agent,
              new StoredSession(log.key(), id, now, now, 0, 0, state.toJson()),
              state);
      session.begin();
      begun = true;
      return session;
    } catch (IOException e) {
      throw Problems.stream("could not copy what was kept of the session: " + e, null, e);
    } catch (SessionException | JournalException e) {
      throw e;
    } catch (RuntimeException e) {
      throw Problems.of(agent.id(), e);
    } finally {
      if (!begun) {
        undo(log, session);
      }
    }
  }

  private void undo(EventLog log, @Nullable LiveSession session) {
    try {
      if (session != null) {
        session.leave();
      }
      journal().delete(log);
      keepsakes.delete(log.key());
    } catch (RuntimeException e) {
      LOG.warn("what was begun of session {} could not be removed", log.sessionId(), e);
    }
  }

  Session fork(String id, String newId) {
    Checks.id(newId);
    LiveSession source = working(id);
    return reserve(
        newId,
        () -> {
          SessionState state = source.forked();
          source.keep();
          return begin(newId, source.agent(), state, source.log().key());
        });
  }

  void delete(String id) {
    LiveSession session = live(id);
    try {
      if (!session.faulted()) {
        session.terminate();
      }
      session.leave();
      journal().delete(session.log());
      live.remove(id, session);
      keepsakes.delete(session.log().key());
    } catch (JournalException e) {
      throw Problems.of(e);
    }
  }

  @Override
  public Session get(String id) {
    live(id);
    return new SessionHandle(this, id);
  }

  @Override
  public List<SessionInfo> list() {
    journal();
    return live.values().stream()
        .sorted(
            Comparator.comparing(LiveSession::createdAt)
                .thenComparing(session -> session.log().key())
                .reversed())
        .map(LiveSession::info)
        .toList();
  }

  @Override
  public List<SearchHit> search(String words, OptionalInt limit) {
    try {
      return journal()
          .search(
              words, limit.isPresent() ? OptionalLong.of(limit.getAsInt()) : OptionalLong.empty());
    } catch (JournalException e) {
      throw Problems.of(e);
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    Journal opened;
    try {
      opened = journal.join();
    } catch (CompletionException e) {
      LOG.debug("the journal was never open", e);
      return;
    }
    List<Thread> leaving =
        live.values().stream()
            .map(session -> Thread.ofVirtual().name("session-leave").start(() -> leave(session)))
            .toList();
    boolean interrupted = false;
    for (Thread thread : leaving) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true; // a sandbox left behind would be worse
        }
      }
    }
    opened.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void leave(LiveSession session) {
    try {
      session.leave();
    } catch (RuntimeException e) {
      LOG.warn("session {} could not be left properly", session.id(), e);
    }
  }
}
