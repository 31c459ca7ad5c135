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
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
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
  private final LoadedSessions loaded;
  private final Set<String> reserved = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param directory of the journal
   * @param maxBytes how large the journal may become
   */
  public SessionEngine(EngineServices services, Path directory, OptionalLong maxBytes) {
    this.services = services;
    this.catalogue = new AgentCatalogue(services);
    this.keepsakes = new Keepsakes(directory.resolve("kept"));
    this.loaded = new LoadedSessions(services, catalogue, keepsakes);
    loaded.open(directory, maxBytes);
  }

  private Journal journal() {
    return loaded.journal();
  }

  /** A session, whatever its state. */
  LiveSession live(String id) {
    return loaded.get(id);
  }

  /** A session that can be written to: one whose journal failed is read again. */
  LiveSession working(String id) {
    return loaded.working(id);
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
    if (loaded.has(id) || !reserved.add(id)) {
      throw Problems.exists(id);
    }
    try {
      if (loaded.has(id)) {
        throw Problems.exists(id);
      }
      loaded.add(making.make());
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
      loaded.remove(session);
      keepsakes.delete(session.log().key());
    } catch (JournalException e) {
      throw Problems.of(e);
    }
  }

  /**
   * Deletes sessions in which nothing has happened since then, whether they have ended or not; one
   * whose turn runs stays.
   *
   * @return how many
   */
  public int deleteOlder(Instant since) {
    int deleted = 0;
    for (LiveSession session : loaded.all()) {
      SessionInfo info = session.info();
      if (!info.busy() && info.updatedAt().isBefore(since)) {
        try {
          delete(info.sessionId());
          deleted++;
        } catch (SessionException e) {
          LOG.warn("session {} could not be deleted: {}", info.sessionId(), e.detail());
        }
      }
    }
    return deleted;
  }

  @Override
  public Session get(String id) {
    live(id);
    return new SessionHandle(this, id);
  }

  @Override
  public List<SessionInfo> list() {
    return loaded.all().stream()
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
    Optional<Journal> opened = loaded.opened();
    if (opened.isEmpty()) {
      return;
    }
    List<Thread> leaving =
        loaded.all().stream()
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
    opened.get().close();
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
