package dev.dunes.server.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Writes the answer of an exchange: as a whole, or part by part. */
final class Answer {
  /** What is seen of how far a client has read. */
  private static final int SLICE = 16 << 10;

  private final Exchange exchange;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private Map<String, String> extraHeaders = Map.of();
  private boolean upgraded;
  private long sent;

  /** What was written and not waited for. */
  private final Deque<Future<Void>> underway = new ArrayDeque<>();

  Answer(Exchange exchange) {
    this.exchange = exchange;
    this.request = exchange.request();
    this.response = request.response();
  }

  void extraHeaders(Map<String, String> values) {
    extraHeaders = values;
  }

  int status() {
    return upgraded ? 101 : response.getStatusCode();
  }

  long sent() {
    return sent;
  }

  boolean begun() {
    return upgraded || response.headWritten() || response.ended();
  }

  void upgraded() {
    upgraded = true;
  }

  void upgraded(List<Header> headers) {
    upgraded = true;
    extraHeaders.forEach(response::putHeader);
    headers.forEach(header -> response.headers().add(header.name(), header.value()));
  }

  void send(Reply reply) throws InterruptedException {
    head(reply.status(), reply.headers());
    sent = reply.body().length;
    if (reply.status() != 204) {
      response.putHeader("content-length", Integer.toString(reply.body().length));
    }
    boolean close = exchange.unreadBody();
    if (close) {
      response.putHeader("connection", "close");
    }
    exchange.await(response.end(Buffer.buffer(reply.body())), Exchange.STALL);
    if (close) {
      dropRest();
    }
  }

  /**
   * A client that still sends must read the answer before the connection is closed: closing at once
   * would reset it.
   */
  private void dropRest() throws InterruptedException {
    CompletableFuture<Void> end = new CompletableFuture<>();
    exchange
        .context()
        .runOnContext(v -> {
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

  void begin(int status, Map<String, String> headers) throws InterruptedException {
    begin(status, lines(headers));
  }

  private static List<Header> lines(Map<String, String> headers) {
    return headers.entrySet().stream()
        .map(each -> new Header(each.getKey(), each.getValue()))
        .toList();
  }

  void begin(int status, List<Header> headers) throws InterruptedException {
    prepare(status, headers);
    // For an old client, writing nothing writes the head; Vert.x would announce chunks otherwise.
    exchange.await(
        exchange.old() ? response.write(Buffer.buffer()) : response.writeHead(), Exchange.STALL);
  }

  /** Begins an answer with its first part, in one packet if it is small. */
  void begin(int status, Map<String, String> headers, byte[] first) throws InterruptedException {
    prepare(status, lines(headers));
    writeSoon(first);
  }

  private void prepare(int status, List<Header> headers) {
    head(status, Map.of());
    headers.stream().map(Header::name).forEach(response.headers()::remove);
    headers.forEach(header -> response.headers().add(header.name(), header.value()));
    response.putHeader("x-request-id", exchange.id());
    if (exchange.old()) {
      // Knows no chunks: the end of the connection is the end of the answer.
      response.putHeader("connection", "close");
    } else if (status != 204 && status != 304 && !response.headers().contains("content-length")) {
      response.setChunked(true);
    }
    if (!exchange.bodyStreamed()) {
      request.resume();
    }
  }

  void write(byte[] part, int length, Duration stall) throws InterruptedException {
    settle(Exchange.STALL);
    submit(part, length);
    settle(stall);
  }

  /** Sends an array that is not touched before the next part was sent; waits for the one before. */
  void writeSoon(byte[] part) throws InterruptedException {
    settle(Exchange.STALL);
    submit(part, part.length);
  }

  /** All slices at once: the event loop is woken once for all of them. */
  private void submit(byte[] part, int length) {
    sent += length;
    if (length <= SLICE) {
      underway.add(response.write(copy(part, 0, length)));
      return;
    }
    List<Promise<Void>> slices = new ArrayList<>();
    for (int from = 0; from < length; from += SLICE) {
      slices.add(Promise.promise());
    }
    slices.forEach(slice -> underway.add(slice.future()));
    exchange
        .context()
        .runOnContext(v -> {
          int from = 0;
          for (Promise<Void> slice : slices) {
            int to = Math.min(length, from + SLICE);
            write(part, from, to, slice);
            from = to;
          }
        });
  }

  private void write(byte[] part, int from, int to, Promise<Void> written) {
    try {
      response.write(copy(part, from, to)).onComplete(written);
    } catch (IllegalStateException e) {
      written.fail(e); // the connection was closed meanwhile
    }
  }

  private void settle(Duration stall) throws InterruptedException {
    while (!underway.isEmpty()) {
      exchange.await(underway.remove(), stall);
    }
  }

  private static Buffer copy(byte[] part, int from, int to) {
    return Buffer.buffer(to - from).appendBytes(part, from, to - from);
  }

  void writeIfIdle(byte[] part) {
    if (!response.ended() && !response.closed() && !response.writeQueueFull()) {
      response.write(Buffer.buffer(part));
    }
  }

  void end() throws InterruptedException {
    end(new byte[0]);
  }

  /** Sends the last part and the end, in one packet if it is small. */
  void end(byte[] last) throws InterruptedException {
    settle(Exchange.STALL);
    sent += last.length;
    exchange.await(
        last.length == 0 ? response.end() : response.end(copy(last, 0, last.length)),
        Exchange.STALL);
    if (exchange.old() || exchange.bodyStreamed() && exchange.unreadBody()) {
      request.connection().close();
    }
  }

  void cut() {
    if (!response.ended()) {
      request.connection().close();
    }
  }

  private void head(int status, Map<String, String> headers) {
    response.setStatusCode(status);
    extraHeaders.forEach(response::putHeader);
    headers.forEach(response::putHeader);
    response.putHeader("x-request-id", exchange.id());
  }
}
