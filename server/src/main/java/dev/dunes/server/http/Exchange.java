package dev.dunes.server.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A request and its answer, for one virtual thread that may block. When the client leaves, that
 * thread is interrupted.
 */
public final class Exchange {
  /** How long a client may take for a body, and how long it may refuse to read. Query API 3.3. */
  private static final Duration STALL = Duration.ofSeconds(300);

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Context context;
  private final String id;
  private final long began = System.nanoTime();
  private final ReentrantLock lock = new ReentrantLock();
  private Map<String, String> parameters = Map.of();
  private Map<String, String> extraHeaders = Map.of();
  private @Nullable Thread thread;
  private boolean gone;
  private boolean done;
  private boolean bodyRead;
  private Optional<String> runId = Optional.empty();
  private long sent;

  /**
   * Called on the event loop, with a request that is paused.
   *
   * @param id of the request
   */
  Exchange(HttpServerRequest request, Context context, String id) {
    this.request = request;
    this.response = request.response();
    this.context = context;
    this.id = id;
    request.connection().closeHandler(v -> left());
    response.exceptionHandler(e -> left());
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

  /** A parameter of the query. */
  public Optional<String> query(String name) {
    return Optional.ofNullable(request.getParam(name));
  }

  /** A parameter of the path. */
  public String parameter(String name) {
    return Optional.ofNullable(parameters.get(name)).orElseThrow();
  }

  void parameters(Map<String, String> values) {
    parameters = values;
  }

  /** Headers that every answer gets. */
  void extraHeaders(Map<String, String> values) {
    extraHeaders = values;
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
    return response.getStatusCode();
  }

  long sent() {
    return sent;
  }

  Duration age() {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  boolean answered() {
    return response.headWritten() || response.ended();
  }

  /**
   * The whole body; once.
   *
   * @param most bytes it may have
   * @throws HttpFailure 413 when it has more
   */
  public byte[] body(long most) throws InterruptedException {
    CompletableFuture<Buffer> whole = new CompletableFuture<>();
    Optional<String> length = header("content-length");
    if (length.isPresent() && tooLong(length.get(), most)) {
      throw tooLarge();
    }
    context.runOnContext(v -> {
      Buffer all = Buffer.buffer();
      request.handler(chunk -> {
        if (all.length() + (long) chunk.length() > most) {
          request.pause();
          whole.completeExceptionally(tooLarge());
        } else {
          all.appendBuffer(chunk);
        }
      });
      request.endHandler(end -> whole.complete(all));
      if (header("expect").filter("100-continue"::equalsIgnoreCase).isPresent()) {
        response.writeContinue();
      }
      request.resume();
    });
    Buffer body = await(whole);
    bodyRead = true;
    return body.getBytes();
  }

  private static boolean tooLong(String length, long most) {
    try {
      return Long.parseLong(length.strip()) > most;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static HttpFailure tooLarge() {
    return new HttpFailure(Reply.detail(413, "Request body too large"));
  }

  /** Sends a whole answer. */
  public void send(Reply reply) throws InterruptedException {
    head(reply.status(), reply.headers());
    sent = reply.body().length;
    if (reply.status() != 204) {
      response.putHeader("content-length", Integer.toString(reply.body().length));
    }
    boolean close = !bodyRead && unreadBody();
    if (close) {
      response.putHeader("connection", "close");
    }
    await(response.end(Buffer.buffer(reply.body())));
    if (close) {
      dropRest();
    }
  }

  private boolean unreadBody() {
    return header("content-length").filter(n -> !n.strip().equals("0")).isPresent()
        || header("transfer-encoding").isPresent();
  }

  /**
   * A client that still sends must read the answer before the connection is closed: closing at once
   * would reset it.
   */
  private void dropRest() throws InterruptedException {
    CompletableFuture<Void> end = new CompletableFuture<>();
    context.runOnContext(v -> {
      long[] left = {8 << 20};
      request.handler(chunk -> {
        left[0] -= chunk.length();
        if (left[0] < 0) {
          end.complete(null);
        }
      });
      request.endHandler(e -> end.complete(null));
      request.resume();
    });
    try {
      end.get(2, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // It had its time.
    } finally {
      request.connection().close();
    }
  }

  /** Begins an answer of unknown length: its head is on the wire when this returns. */
  public void begin(int status, Map<String, String> headers) throws InterruptedException {
    head(status, headers);
    if (old()) {
      // Knows no chunks: the end of the connection is the end of the answer.
      response.putHeader("connection", "close");
    } else {
      response.setChunked(true);
    }
    if (!bodyRead) {
      request.resume();
    }
    // For an old client, writing nothing writes the head; Vert.x would announce chunks otherwise.
    await(old() ? response.write(Buffer.buffer()) : response.writeHead());
  }

  /** Sends a part of an answer; waits until it has left this process. */
  public void write(byte[] part) throws InterruptedException {
    sent += part.length;
    await(response.write(Buffer.buffer(part)));
  }

  /**
   * Sends a small part on behalf of nobody who waits: left out when the client is slow, as it gets
   * other parts then.
   */
  void writeIfIdle(byte[] part) {
    if (!response.ended() && !response.closed() && !response.writeQueueFull()) {
      response.write(Buffer.buffer(part));
    }
  }

  /** Ends an answer that was begun. */
  public void end() throws InterruptedException {
    await(response.end());
    if (old()) {
      request.connection().close();
    }
  }

  private boolean old() {
    return request.version() == HttpVersion.HTTP_1_0;
  }

  /** Closes the connection unless the answer is whole. */
  void cut() {
    if (!response.ended()) {
      request.connection().close();
    }
  }

  private void head(int status, Map<String, String> headers) {
    response.setStatusCode(status);
    extraHeaders.forEach(response::putHeader);
    headers.forEach(response::putHeader);
    response.putHeader("x-request-id", id);
  }

  Context context() {
    return context;
  }

  private <T> T await(Future<T> future) throws InterruptedException {
    return await(future.toCompletionStage().toCompletableFuture());
  }

  private <T> T await(CompletableFuture<T> future) throws InterruptedException {
    try {
      return future.get(STALL.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      request.connection().close();
      throw new ClientGone("the client did nothing for " + STALL.toSeconds() + " s");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HttpFailure failure) {
        throw failure;
      }
      throw new ClientGone("the client has left");
    }
  }
}
