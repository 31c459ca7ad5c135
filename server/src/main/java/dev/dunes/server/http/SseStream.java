package dev.dunes.server.http;

import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An answer of server-sent events under {@code /v1}: many frames at once, a comment now and then so
 * that nobody takes the connection for dead, an end for clients that take nothing. Agent API, sheet
 * 4.1 and 4.2.
 */
public final class SseStream implements AutoCloseable {
  private static final byte[] HEARTBEAT = ": heartbeat\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final Map<String, String> HEAD =
      Map.of(
          "content-type", "text/event-stream",
          "cache-control", "no-cache",
          "x-accel-buffering", "no");

  /** Begins streams. */
  @FunctionalInterface
  public interface Opener {
    /** Begins the answer, with headers more: its head is on the wire when this returns. */
    SseStream open(Exchange exchange, Map<String, String> headers) throws InterruptedException;

    /** Begins the answer: its head is on the wire when this returns. */
    default SseStream open(Exchange exchange) throws InterruptedException {
      return open(exchange, Map.of());
    }
  }

  private final Exchange exchange;
  private final Vertx vertx;
  private final Duration stallAfter;
  private final long heartbeats;

  /** Held while frames are sent: a comment between two pieces would end a frame early. */
  private final ReentrantLock sending = new ReentrantLock();

  private SseStream(Exchange exchange, Vertx vertx, StreamTimes times) {
    this.exchange = exchange;
    this.vertx = vertx;
    this.stallAfter = times.stallAfter();
    this.heartbeats = vertx.setPeriodic(times.heartbeatEvery().toMillis(), id -> beat());
  }

  private void beat() {
    if (sending.tryLock()) {
      try {
        exchange.writeIfIdle(HEARTBEAT);
      } finally {
        sending.unlock();
      }
    }
  }

  static SseStream open(
      Exchange exchange, Vertx vertx, Map<String, String> headers, StreamTimes times)
      throws InterruptedException {
    Map<String, String> all = new LinkedHashMap<>(HEAD);
    all.putAll(headers);
    exchange.begin(200, all);
    return new SseStream(exchange, vertx, times);
  }

  /** Sends frames and empties their buffer; waits until they have left this process. */
  public void send(SseFrames frames) throws InterruptedException {
    if (frames.isEmpty()) {
      return;
    }
    sending.lock();
    try {
      exchange.write(frames.array(), frames.length(), stallAfter);
    } finally {
      sending.unlock();
    }
    frames.clear();
  }

  /** No more comments. Ends nothing else. */
  @Override
  public void close() {
    vertx.cancelTimer(heartbeats);
  }
}
