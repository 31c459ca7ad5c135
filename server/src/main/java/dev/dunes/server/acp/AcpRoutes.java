package dev.dunes.server.acp;

import dev.dunes.server.http.ClientGone;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.server.http.SseStream;
import dev.dunes.server.v1.JsonBody;
import dev.dunes.server.v1.Parameters;
import dev.dunes.server.v1.Problem;
import dev.dunes.server.v1.ProblemType;
import dev.dunes.session.Sessions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One envelope a POST, everything that is sent on the stream of a GET. ACP, sheet 2.1 to 2.5. */
final class AcpRoutes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AcpRoutes.class);
  private static final long LARGEST_ENVELOPE = 32L << 20;

  /** How long a stream waits for the first envelope. Sheet 4.5. */
  private static final Duration EARLY = Duration.ofSeconds(5);

  /** How long the answer to an envelope waits after its copy on the stream. Sheet 4.2. */
  private static final Duration AFTER_STREAM = Duration.ofMillis(250);

  private final Sessions sessions;
  private final AcpServers servers;
  private final SseStream.Opener streams;
  private final Duration patience;
  private final Set<Waiting> all = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  /**
   * @param patience how long an envelope waits for its result before it is answered with 202
   */
  AcpRoutes(Sessions sessions, AcpServers servers, SseStream.Opener streams, Duration patience) {
    this.sessions = sessions;
    this.servers = servers;
    this.streams = streams;
    this.patience = patience;
  }

  /**
   * An envelope that is not answered.
   *
   * @param done what becomes of it
   * @param answered whether its client has been told
   */
  private record Waiting(
      ObjectNode envelope,
      CompletableFuture<Optional<AcpServer.Outcome>> done,
      CountDownLatch answered) {
    Waiting(ObjectNode envelope) {
      this(envelope, new CompletableFuture<>(), new CountDownLatch(1));
    }

    /** A client whose envelope gets no answer gives up all of its sessions. */
    void refuse() {
      done.complete(failed(envelope, RpcException.of(Problem.stream("the server is stopping"))));
    }
  }

  /** The answer when there is no server to keep it. */
  private static Optional<AcpServer.Outcome> failed(ObjectNode envelope, RpcException why) {
    return isRequest(envelope)
        ? Optional.of(new AcpServer.Outcome(Rpc.error(envelope.get("id"), why), 0, false))
        : Optional.empty();
  }

  private static boolean isRequest(ObjectNode envelope) {
    JsonNode id = envelope.path("id");
    return envelope.path("method").isString() && !id.isMissingNode() && !id.isNull();
  }

  /** Answers what is not answered, and from now on everything at once. */
  @Override
  public void close() {
    closing = true;
    List<Waiting> left = List.copyOf(all);
    left.forEach(Waiting::refuse);
    try {
      for (Waiting waiting : left) {
        if (!waiting.answered().await(2, TimeUnit.SECONDS)) {
          LOG.warn("a client did not take the answer to its envelope");
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/acp", this::list),
        Route.of("POST", "/v1/acp/{server}", this::post),
        Route.stream("GET", "/v1/acp/{server}", this::stream),
        Route.of("DELETE", "/v1/acp/{server}", this::delete));
  }

  private void list(Exchange exchange) throws InterruptedException {
    ObjectNode answer = Json.object();
    ArrayNode all = answer.putArray("servers");
    try {
      servers.list().forEach(server -> all.add(server.json()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    exchange.send(Reply.json(200, answer));
  }

  private static boolean accepts(Exchange exchange, String type, boolean whenSilent) {
    Optional<String> accept = exchange.header("accept");
    if (accept.isEmpty()) {
      return whenSilent;
    }
    String family = type.substring(0, type.indexOf('/')) + "/*";
    for (String range : accept.get().toLowerCase(java.util.Locale.ROOT).split(",")) {
      String name = range.split(";", 2)[0].strip();
      if (name.equals("*/*") || name.equals(family) || name.equals(type)) {
        return true;
      }
    }
    return false;
  }

  private static void refuseUnless(boolean accepted, String type) {
    if (!accepted) {
      throw Problem.told(
              ProblemType.NOT_ACCEPTABLE, "not acceptable: ", "accept must allow " + type)
          .failure();
    }
  }

  private void post(Exchange exchange) throws InterruptedException {
    if (!JsonBody.saysJson(exchange)) {
      throw Problem.told(
              ProblemType.UNSUPPORTED_MEDIA_TYPE,
              "unsupported media type: ",
              "content-type must be application/json")
          .failure();
    }
    refuseUnless(accepts(exchange, "application/json", true), "application/json");
    JsonNode body = JsonBody.parse(exchange.body(LARGEST_ENVELOPE));
    if (!(body instanceof ObjectNode envelope)) {
      throw Problem.invalid("request body must be a JSON-RPC object").failure();
    }
    String id = exchange.parameter("server");
    Optional<String> agent = exchange.query("agent").filter(name -> !name.isEmpty());
    agent.ifPresent(sessions::agent);
    try {
      String named = bind(id, agent);
      Waiting waiting = new Waiting(envelope);
      all.add(waiting);
      if (closing) {
        waiting.refuse();
      }
      // The client may leave: what it asked for goes on, and is on the stream when it comes again.
      if (!waiting.done().isDone()) {
        Thread.ofVirtual()
            .name("acp-" + exchange.id())
            .start(() -> work(id, named, envelope, waiting.done()));
      }
      try {
        answer(exchange, id, waiting.done());
      } finally {
        all.remove(waiting);
        waiting.answered().countDown();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The agent of the server, once it is known that the client may say what it says. */
  private String bind(String id, Optional<String> agent) throws IOException {
    Optional<String> bound = servers.agentOf(id);
    if (bound.isEmpty() && agent.isEmpty()) {
      throw Problem.invalid(
              "missing required 'agent' query parameter for first POST to /v1/acp/" + id)
          .failure();
    }
    if (bound.isPresent() && agent.isPresent() && !bound.get().equals(agent.get())) {
      throw otherAgent(id, bound.get(), agent.get()).failure();
    }
    return bound.or(() -> agent).orElseThrow();
  }

  private static Problem otherAgent(String id, String bound, String asked) {
    return Problem.conflict(
        "server '%s' already exists for agent '%s'; requested '%s'".formatted(id, bound, asked));
  }

  private void work(
      String id,
      String agent,
      ObjectNode envelope,
      CompletableFuture<Optional<AcpServer.Outcome>> done) {
    JsonNode method = envelope.path("method");
    JsonNode rpcId = envelope.path("id");
    boolean request = isRequest(envelope);
    try {
      AcpServer server = servers.findOrStart(id, agent);
      server.used();
      if (request) {
        done.complete(Optional.of(server.request(rpcId, method.asString(), envelope)));
        return;
      }
      done.complete(Optional.empty());
      if (method.isString()) {
        server.notified(method.asString(), Params.of(envelope));
      } else {
        server.answer(envelope);
      }
    } catch (RpcException e) {
      // There is no server to keep it: the answer to this envelope is all there is.
      done.complete(failed(envelope, e));
      LOG.debug("server {}: {}", id, e.getMessage());
    } catch (ServerRemoved e) {
      LOG.debug("server {}: removed before its answer came", id);
      done.complete(failed(envelope, RpcException.of(Problem.stream("the server was removed"))));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      done.completeExceptionally(e);
    } catch (IOException | RuntimeException e) {
      LOG.warn("server {}: an envelope could not be handled", id, e);
      done.complete(
          failed(envelope, RpcException.of(Problem.stream(String.valueOf(e.getMessage())))));
    }
  }

  private void answer(
      Exchange exchange, String id, CompletableFuture<Optional<AcpServer.Outcome>> done)
      throws InterruptedException, IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    Optional<AcpServer.Outcome> outcome;
    try {
      outcome = done.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      exchange.send(Reply.empty(202));
      return;
    } catch (ExecutionException e) {
      throw new IllegalStateException("an envelope could not be handled", e.getCause());
    }
    if (outcome.isEmpty()) {
      exchange.send(Reply.empty(202));
      return;
    }
    AcpServer.Outcome result = outcome.get();
    if (result.updates() && !afterStream(id, result, deadline)) {
      exchange.send(Reply.empty(202));
      return;
    }
    exchange.send(Reply.of(200, "application/json", result.response()));
  }

  /** Whether the copy on the stream was early enough, or nobody reads. */
  private boolean afterStream(String id, AcpServer.Outcome result, long deadline)
      throws InterruptedException, IOException {
    Optional<AcpServer> server = servers.find(id);
    if (server.isEmpty()) {
      return true;
    }
    AcpLog log = server.get().log();
    if (log.awaitDelivery(result.logId(), deadline - System.nanoTime())) {
      TimeUnit.MILLISECONDS.sleep(AFTER_STREAM.toMillis());
      return true;
    }
    return !log.hasReaders();
  }

  private void stream(Exchange exchange) throws InterruptedException {
    refuseUnless(accepts(exchange, "text/event-stream", true), "text/event-stream");
    long after = Parameters.lastEventId(exchange);
    String id = exchange.parameter("server");
    try {
      Optional<AcpServer> server = servers.await(id, EARLY);
      if (server.isEmpty()) {
        throw Problem.of(ProblemType.SESSION_NOT_FOUND, "session not found: " + id)
            .with("sessionId", id)
            .failure();
      }
      server.get().used();
      try (AcpReader reader = server.get().log().read(after);
          SseStream stream = streams.open(exchange)) {
        reader.relay(stream::send);
      } finally {
        server.get().used();
      }
      exchange.end();
    } catch (IOException e) {
      if (exchange.gone()) {
        throw new ClientGone("the client has left");
      }
      throw new UncheckedIOException(e);
    }
  }

  private void delete(Exchange exchange) throws InterruptedException {
    try {
      servers.delete(exchange.parameter("server"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    exchange.send(Reply.empty(204));
  }
}
