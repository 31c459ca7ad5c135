package dev.dunes.server.http;

import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One line for each answered request: method, path without the query, status, time. Never headers
 * or bodies. Text, or JSON lines with {@code DUNES_LOG_FORMAT=json}.
 */
public final class AccessLog {
  private static final Logger LOG = LoggerFactory.getLogger("dev.dunes.access");

  private final boolean json;

  public AccessLog(boolean json) {
    this.json = json;
  }

  void answered(Exchange exchange) {
    if (!LOG.isInfoEnabled()) {
      return;
    }
    double millis = exchange.age().toNanos() / 1e6;
    String run = exchange.runId().orElse("-");
    if (json) {
      ObjectNode line =
          Json.object()
              .put("time", Instant.now().toString())
              .put("request_id", exchange.id())
              .put("remote", exchange.remoteAddress())
              .put("method", exchange.method())
              .put("path", exchange.path())
              .put("status", exchange.status())
              .put("bytes", exchange.sent())
              .put("ms", Math.round(millis * 10) / 10.0)
              .put("run_id", run)
              .put("client_gone", exchange.gone());
      LOG.info("{}", line);
    } else {
      LOG.info(
          "{} {} {} {} {} {} bytes {} ms run {}{}",
          exchange.id(),
          exchange.remoteAddress(),
          exchange.method(),
          printable(exchange.path()),
          exchange.status(),
          exchange.sent(),
          Math.round(millis),
          run,
          exchange.gone() ? " client gone" : "");
    }
  }

  /** What a client sends must not make lines of its own. */
  static String printable(String text) {
    return text.replaceAll("[\\p{Cntrl}]", "?");
  }
}
