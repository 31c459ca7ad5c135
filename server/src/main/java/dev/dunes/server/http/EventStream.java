package dev.dunes.server.http;

import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Server-sent events: one {@code data:} line each, a comment every 30 s so that nobody in between
 * takes the connection for dead. Query API 2.4.
 */
public final class EventStream implements AutoCloseable {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSSxxx").withZone(ZoneOffset.UTC);
  private static final byte[] BEFORE = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] AFTER = "\n\n".getBytes(StandardCharsets.US_ASCII);

  private final Exchange exchange;
  private final Vertx vertx;
  private final long pings;

  private EventStream(Exchange exchange, Vertx vertx, long pings) {
    this.exchange = exchange;
    this.vertx = vertx;
    this.pings = pings;
  }

  /** Begins the stream: its head is on the wire when this returns. */
  static EventStream open(
      Exchange exchange, Vertx vertx, Map<String, String> headers, Duration pingEvery)
      throws InterruptedException {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("content-type", "text/event-stream; charset=utf-8");
    all.put("cache-control", "no-store");
    all.put("x-accel-buffering", "no");
    all.put("connection", "keep-alive");
    all.putAll(headers);
    exchange.begin(200, all);
    long pings =
        vertx.setPeriodic(pingEvery.toMillis(), id -> exchange.writeIfIdle(ping(Instant.now())));
    return new EventStream(exchange, vertx, pings);
  }

  private static byte[] ping(Instant now) {
    return (": ping - " + STAMP.format(now) + "\n\n").getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Sends an event; waits until it has left this process.
   *
   * @param json one value without line feeds
   */
  public void send(byte[] json) throws InterruptedException {
    byte[] frame = new byte[BEFORE.length + json.length + AFTER.length];
    System.arraycopy(BEFORE, 0, frame, 0, BEFORE.length);
    System.arraycopy(json, 0, frame, BEFORE.length, json.length);
    System.arraycopy(AFTER, 0, frame, BEFORE.length + json.length, AFTER.length);
    for (int i = BEFORE.length; i < BEFORE.length + json.length; i++) {
      if (frame[i] == '\r') {
        // Space between tokens for JSON, the end of a line for server-sent events.
        frame[i] = ' ';
      }
    }
    exchange.write(frame);
  }

  /** No more comments. Ends nothing else. */
  @Override
  public void close() {
    vertx.cancelTimer(pings);
  }
}
