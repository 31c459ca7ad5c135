package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.session.SessionException;
import dev.dunes.session.journal.Journal;
import dev.dunes.session.journal.JournalException;
import dev.dunes.session.journal.StoredSession;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sessions of a journal, opened on a thread of its own; whoever needs them waits. */
final class LoadedSessions {
  private static final Logger LOG = LoggerFactory.getLogger(LoadedSessions.class);

  private final EngineServices services;
  private final AgentCatalogue catalogue;
  private final Keepsakes keepsakes;
  private final CompletableFuture<Journal> journal = new CompletableFuture<>();
  private final Map<String, LiveSession> live = new ConcurrentHashMap<>();
  private final ReentrantLock rereading = new ReentrantLock();

  LoadedSessions(EngineServices services, AgentCatalogue catalogue, Keepsakes keepsakes) {
    this.services = services;
    this.catalogue = catalogue;
    this.keepsakes = keepsakes;
  }

  /**
   * Begins to open them; once.
   *
   * @param maxBytes how large the journal may become
   */
  void open(Path directory, OptionalLong maxBytes) {
    // Not a virtual one: SQLite holds its carrier, and this is to be in parallel with a start.
    Thread.ofPlatform().daemon().name("dunes-sessions-open").start(() -> load(directory, maxBytes));
  }

  private void load(Path directory, OptionalLong maxBytes) {
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

  /** The journal, once it is open. */
  Journal journal() {
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
  LiveSession get(String id) {
    journal();
    LiveSession session = live.get(id);
    if (session == null) {
      throw Problems.notFound(id);
    }
    return session;
  }

  /** A session that can be written to: one whose journal failed is read again. */
  LiveSession working(String id) {
    if (!get(id).faulted()) {
      return get(id);
    }
    rereading.lock();
    try {
      LiveSession session = get(id);
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

  boolean has(String id) {
    return live.containsKey(id);
  }

  void add(LiveSession session) {
    live.put(session.id(), session);
  }

  void remove(LiveSession session) {
    live.remove(session.id(), session);
  }

  /** All, once they are known. */
  Collection<LiveSession> all() {
    journal();
    return live.values();
  }

  /** The journal, once that is decided; empty when it could not be opened. */
  Optional<Journal> opened() {
    try {
      return Optional.of(journal.join());
    } catch (CompletionException e) {
      LOG.debug("the journal was never open", e);
      return Optional.empty();
    }
  }
}
