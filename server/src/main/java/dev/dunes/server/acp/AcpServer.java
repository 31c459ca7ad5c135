package dev.dunes.server.acp;

import dev.dunes.server.v1.AgentChoices;
import dev.dunes.server.v1.Problem;
import dev.dunes.server.v1.ProblemType;
import dev.dunes.session.Session;
import dev.dunes.session.SessionException;
import dev.dunes.session.Sessions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One agent as a client of ACP sees it: sessions it has begun or loaded, what was sent, what the
 * agent asks. Safe for use by several threads.
 */
final class AcpServer {
  private static final Logger LOG = LoggerFactory.getLogger(AcpServer.class);

  private final AcpIdentity identity;
  private final Sessions sessions;
  private final AcpMethods methods;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, AcpSession> bound = new HashMap<>();
  private final Map<String, AcpAsk> asks = new LinkedHashMap<>();
  private final AcpMemory memory;
  private final AcpLog log;
  private int working;
  private volatile long lastUse = System.nanoTime();

  private AcpServer(
      AcpIdentity identity, AcpMemory memory, AcpLog log, Sessions sessions, Workplace workplace) {
    this.identity = identity;
    this.memory = memory;
    this.log = log;
    this.sessions = sessions;
    this.methods = new AcpMethods(sessions, workplace, this);
  }

  /** A new one. */
  static AcpServer create(
      AcpIdentity identity, Path file, long bound, Sessions sessions, Workplace workplace)
      throws IOException {
    AcpMemory memory = new AcpMemory(identity);
    return new AcpServer(identity, memory, AcpLog.create(file, memory, bound), sessions, workplace);
  }

  /** One that was there before; requests whose answer never came are answered now. */
  static AcpServer open(
      AcpIdentity identity, Path file, long bound, Sessions sessions, Workplace workplace)
      throws IOException {
    AcpMemory memory = new AcpMemory(identity);
    AcpLog log = AcpLog.open(file, memory, bound);
    RpcException restarted =
        RpcException.of(
            Problem.of(
                ProblemType.AGENT_PROCESS_EXITED,
                "agent process exited: " + identity.agent() + ": the server was restarted"));
    for (JsonNode id : memory.unanswered()) {
      log.addResult(Rpc.error(id, restarted));
      memory.answered(id);
    }
    return new AcpServer(identity, memory, log, sessions, workplace);
  }

  String agent() {
    return identity.agent();
  }

  AcpLog log() {
    return log;
  }

  /** Somebody has asked for something. */
  void used() {
    lastUse = System.nanoTime();
  }

  /** Whether nobody reads, asks or waits, for so long. */
  boolean abandoned(long nanos) {
    lock.lock();
    try {
      return working == 0 && !log().hasReaders() && System.nanoTime() - lastUse > nanos;
    } finally {
      lock.unlock();
    }
  }

  /** Remembers a session: requests may name it. */
  AcpSession bind(Session session) throws IOException {
    AcpSession one =
        new AcpSession(
            session,
            new AgentChoices(sessions.modes(agent()), sessions.models(agent())),
            new ReentrantLock());
    lock.lock();
    try {
      if (bound.containsKey(session.id())) {
        return bound.get(session.id());
      }
      bound.put(session.id(), one);
      if (!memory.knows(session.id())) {
        log().note(AcpMemory.session(session.id()));
      }
      return one;
    } finally {
      lock.unlock();
    }
  }

  /** Forgets a session. */
  void unbind(String id) throws IOException {
    lock.lock();
    try {
      bound.remove(id);
      asks.values().removeIf(ask -> ask.session().id().equals(id));
      if (memory.knows(id)) {
        log().note(AcpMemory.closed(id));
      }
    } finally {
      lock.unlock();
    }
  }

  /** A session it knows. */
  AcpSession session(String id) throws IOException {
    lock.lock();
    try {
      AcpSession one = bound.get(id);
      if (one != null) {
        return one;
      }
      if (!memory.knows(id)) {
        throw RpcException.noSession(id);
      }
    } finally {
      lock.unlock();
    }
    return bind(sessions.get(id));
  }

  /** Asks the client something on behalf of an agent; ids never meet the client's own. */
  void ask(AcpAsk ask, ObjectNode params) throws IOException {
    lock.lock();
    try {
      String id = memory.nextAsk();
      asks.put(id, ask);
      log().add(List.of(Rpc.request(id, "session/request_permission", params)));
    } finally {
      lock.unlock();
    }
  }

  /** Somebody has answered what was asked: the client's own answer would come too late. */
  void answered(String session, String askId) {
    lock.lock();
    try {
      asks.values()
          .removeIf(ask -> ask.session().id().equals(session) && ask.askId().equals(askId));
    } finally {
      lock.unlock();
    }
  }

  /** Takes the client's answer to something that was asked. */
  void answer(ObjectNode envelope) {
    Optional<AcpAsk> ask;
    JsonNode id = envelope.path("id");
    lock.lock();
    try {
      ask = Optional.ofNullable(asks.remove(id.isString() ? id.asString() : ""));
    } finally {
      lock.unlock();
    }
    if (ask.isEmpty()) {
      LOG.info("server {}: an answer to nothing that is asked was left out", identity.id());
      return;
    }
    try {
      ask.get().answer(envelope.path("result"));
    } catch (SessionException e) {
      LOG.warn("server {}: an answer did not reach the agent: {}", identity.id(), e.detail());
    }
  }

  /** Takes a notification. */
  void notified(String method, Params params) throws IOException {
    if (method.equals("session/cancel")) {
      AcpSession session = session(params.required("sessionId"));
      session.gate().lock();
      try {
        session.session().interrupt();
      } finally {
        session.gate().unlock();
      }
    }
  }

  /**
   * What became of a request.
   *
   * @param response in the log
   * @param logId its number there
   * @param updates whether something came before it
   */
  record Outcome(byte[] response, long logId, boolean updates) {}

  /** Answers a request; the answer is in the log when this returns. */
  Outcome request(JsonNode id, String method, ObjectNode envelope)
      throws IOException, InterruptedException {
    enter();
    try {
      log().note(AcpMemory.request(id));
      long before = log().last();
      Optional<ObjectNode> exit = Optional.empty();
      byte[] response;
      try {
        response = Rpc.result(id, methods.call(method, Params.of(envelope)));
      } catch (RpcException e) {
        response = Rpc.error(id, e);
        exit = AgentExit.of(e);
      } catch (RuntimeException e) {
        LOG.error("server {}: {} failed", identity.id(), method, e);
        response = Rpc.error(id, RpcException.of(Problem.stream("see the server's log")));
      }
      boolean updates = log().last() > before;
      long logId = updates ? log().addResult(response) : log().add(List.of(response));
      memory.answered(id);
      if (exit.isPresent()) {
        log().add(List.of(Rpc.notification("_adapter/agent_exited", exit.get())));
      }
      return new Outcome(response, logId, updates);
    } finally {
      leave();
    }
  }

  private void enter() {
    lock.lock();
    try {
      working++;
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    lock.lock();
    try {
      working--;
      lastUse = System.nanoTime();
    } finally {
      lock.unlock();
    }
  }

  /** Sessions it has begun or loaded. */
  List<String> sessionIds() {
    return memory.sessions();
  }
}
