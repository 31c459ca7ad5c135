package dev.dunes.server.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.ServerWebSocket;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A request and its answer, for one virtual thread that may block. When the client leaves, that
 * thread is interrupted.
 */
public final class Exchange {
  /** How long a client may take for a body, and how long it may refuse to read. Query API 3.3. */
  static final Duration STALL = Duration.ofSeconds(300);

  private final HttpServerRequest request;
  private final Context context;
  private final String id;
  private Dialect dialect;
  private final RequestBody body;
  private final Answer answer;
  private final long began = System.nanoTime();
  private final ReentrantLock lock = new ReentrantLock();
  private Map<String, String> parameters = Map.of();
  private @Nullable Thread thread;
  private boolean gone;
  private boolean done;
  private Optional<String> runId = Optional.empty();

  /**
   * Called on the event loop, with a request that is paused.
   *
   * @param id of the request
   * @param dialect in which to say what is wrong
   */
  Exchange(HttpServerRequest request, Context context, String id, Dialect dialect) {
    this.request = request;
    this.context = context;
    this.id = id;
    this.dialect = dialect;
    this.body = new RequestBody(this);
    this.answer = new Answer(this);
    request.connection().closeHandler(v -> left());
    request.response().exceptionHandler(e -> left());
    request.exceptionHandler(e -> left());
  }

  private void left() {
    lock.lock();
    try {
      gone = true;
      if (thread != null && !done) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  void begin(Thread worker) {
    lock.lock();
    try {
      thread = worker;
      if (gone) {
        worker.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  /** From now on nobody interrupts the thread. */
  void finish() {
    lock.lock();
    try {
      done = true;
      Thread.interrupted();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the client has left. */
  public boolean gone() {
    lock.lock();
    try {
      return gone;
    } finally {
      lock.unlock();
    }
  }

  /** The id of the request, in logs and in the header {@code X-Request-Id}. */
  public String id() {
    return id;
  }

  /** How to say here what is wrong. */
  public Dialect dialect() {
    return dialect;
  }

  /** Says what is wrong in another way from now on. */
  public void dialect(Dialect other) {
    dialect = other;
  }

  public String method() {
    return request.method().name();
  }

  /** The path as it was sent, without the query. */
  public String path() {
    return Optional.ofNullable(request.path()).orElse("/");
  }

  public Optional<String> header(String name) {
    return Optional.ofNullable(request.getHeader(name));
  }

  /** All headers by lower-case name; of those that are there several times the first. */
  public Map<String, String> headers() {
    Map<String, String> all = new LinkedHashMap<>();
    request
        .headers()
        .forEach((name, value) -> all.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
    return all;
  }

  /** All headers, also those that are there several times, in their order. */
  public List<Header> headerLines() {
    List<Header> all = new ArrayList<>();
    request.headers().forEach((name, value) -> all.add(new Header(name, value)));
    return all;
  }

  /** A parameter of the query. */
  public Optional<String> query(String name) {
    return Optional.ofNullable(request.getParam(name));
  }

  /** All values of a parameter of the query. */
  public List<String> queryAll(String name) {
    return request.params().getAll(name);
  }

  /** The query as it was sent, without its question mark; empty when there is none. */
  public Optional<String> rawQuery() {
    return Optional.ofNullable(request.query());
  }

  /** A parameter of the path. */
  public String parameter(String name) {
    return Optional.ofNullable(parameters.get(name)).orElseThrow();
  }

  void parameters(Map<String, String> values) {
    parameters = values;
  }

  /** Headers that every answer gets. */
  public void extraHeaders(Map<String, String> values) {
    answer.extraHeaders(values);
  }

  /** Whether it came by TLS. */
  public boolean secure() {
    return request.isSSL();
  }

  /** Where the client is. */
  public String remoteAddress() {
    return request.remoteAddress() == null ? "?" : String.valueOf(request.remoteAddress().host());
  }

  /** The run this is about, for the log. */
  public void runId(String value) {
    runId = Optional.of(value);
  }

  Optional<String> runId() {
    return runId;
  }

  int status() {
    return answer.status();
  }

  long sent() {
    return answer.sent();
  }

  Duration age() {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  boolean answered() {
    return answer.begun();
  }

  /**
   * The whole body; once.
   *
   * @param most bytes it may have
   * @throws HttpFailure 413 when it has more
   */
  public byte[] body(long most) throws InterruptedException {
    return body.whole(most);
  }

  /**
   * The body as it comes; once. It fails with {@link BodyTooLargeException} after so many bytes.
   *
   * @throws HttpFailure 413 when it says that it has more
   */
  public InputStream bodyStream(long most) {
    return body.stream(most);
  }

  /** Whether somebody reads the body as it comes. */
  boolean bodyStreamed() {
    return body.streamed();
  }

  /** Whether there is a body that nobody has read. */
  boolean unreadBody() {
    return !body.read()
        && (header("content-length").filter(n -> !n.strip().equals("0")).isPresent()
            || header("transfer-encoding").isPresent());
  }

  /** Sends a whole answer. */
  public void send(Reply reply) throws InterruptedException {
    answer.send(reply);
  }

  /**
   * Begins an answer, of unknown length unless {@code content-length} is among the headers: its
   * head is on the wire when this returns.
   */
  public void begin(int status, Map<String, String> headers) throws InterruptedException {
    answer.begin(status, headers);
  }

  /** Begins an answer with headers of which several may have the same name. */
  public void begin(int status, List<Header> headers) throws InterruptedException {
    answer.begin(status, headers);
  }

  /** Begins an answer with its first part, which is sent as by {@link #writeSoon}. */
  public void begin(int status, Map<String, String> headers, byte[] first)
      throws InterruptedException {
    answer.begin(status, headers, first);
  }

  /** Sends a part of an answer; waits until it has left this process. */
  public void write(byte[] part) throws InterruptedException {
    answer.write(part, part.length, STALL);
  }

  /**
   * Sends an array that nobody touches before the next part was sent. It waits for the part sent
   * this way before, not for this one: one part is under way while the next is made.
   */
  public void writeSoon(byte[] part) throws InterruptedException {
    answer.writeSoon(part);
  }

  /**
   * Sends the beginning of an array, which is not touched before this returns.
   *
   * @param stall how long the client may take no byte at all
   */
  void write(byte[] part, int length, Duration stall) throws InterruptedException {
    answer.write(part, length, stall);
  }

  /**
   * Sends a small part on behalf of nobody who waits: left out when the client is slow, as it gets
   * other parts then.
   */
  void writeIfIdle(byte[] part) {
    answer.writeIfIdle(part);
  }

  /** Ends an answer that was begun. */
  public void end() throws InterruptedException {
    answer.end();
  }

  /** Sends the last part of an answer that was begun, and its end. */
  public void end(byte[] last) throws InterruptedException {
    answer.end(last);
  }

  /** Closes the connection unless the answer is whole. */
  void cut() {
    answer.cut();
  }

  /**
   * Makes a WebSocket of the connection.
   *
   * @throws HttpFailure 400 when the client asked for none
   */
  public WebSocket webSocket() throws InterruptedException {
    return upgraded(socket -> new WebSocket(this, socket));
  }

  /**
   * Makes a WebSocket that carries bytes of the connection.
   *
   * @throws HttpFailure 400 when the client asked for none
   */
  public ByteSocket byteSocket() throws InterruptedException {
    return upgraded(socket -> new ByteSocket(this, socket));
  }

  private <T> T upgraded(Function<ServerWebSocket, T> take) throws InterruptedException {
    if (header("upgrade").filter("websocket"::equalsIgnoreCase).isEmpty()) {
      throw new HttpFailure(dialect.badRequest("this path is for WebSockets"));
    }
    answer.upgraded();
    CompletableFuture<T> made = new CompletableFuture<>();
    // On the event loop: elsewhere, the end of the request may be missed, for which this waits, and
    // what the client sends at once.
    context.runOnContext(v ->
        request
            .toWebSocket()
            .map(take)
            .onSuccess(made::complete)
            .onFailure(made::completeExceptionally));
    return await(made, STALL);
  }

  /**
   * Agrees to another protocol, for which the client has asked by {@code Upgrade}.
   *
   * @param headers of the answer 101
   */
  public Tunnel tunnel(List<Header> headers) throws InterruptedException {
    answer.upgraded(headers);
    CompletableFuture<Tunnel> made = new CompletableFuture<>();
    // On the event loop, so that nothing the client sends at once is missed.
    context.runOnContext(v ->
        request
            .toNetSocket()
            .map(socket -> new Tunnel(this, socket))
            .onSuccess(made::complete)
            .onFailure(made::completeExceptionally));
    return await(made, STALL);
  }

  /** Whether the client knows HTTP/1.0 only. */
  boolean old() {
    return request.version() == HttpVersion.HTTP_1_0;
  }

  HttpServerRequest request() {
    return request;
  }

  Context context() {
    return context;
  }

  <T> T await(Future<T> future, Duration limit) throws InterruptedException {
    return await(future.toCompletionStage().toCompletableFuture(), limit);
  }

  <T> T await(CompletableFuture<T> future, Duration limit) throws InterruptedException {
    try {
      return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      request.connection().close();
      throw new ClientGone("the client did nothing for " + limit.toSeconds() + " s");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HttpFailure failure) {
        throw failure;
      }
      throw new ClientGone("the client has left");
    }
  }
}
