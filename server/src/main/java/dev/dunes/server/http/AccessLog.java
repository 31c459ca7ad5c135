package dev.dunes.server.http;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One entry for each answered request: method, path without the query, status, time. Never headers
 * or bodies. What is said are keys and values; how they look is the logger's.
 */
public final class AccessLog {
  private static final Logger LOG = LoggerFactory.getLogger("dev.dunes.access");

  void answered(Exchange exchange) {
    if (!LOG.isInfoEnabled()) {
      return;
    }
    LOG.atInfo()
        .addKeyValue("request_id", exchange.id())
        .addKeyValue("remote", exchange.remoteAddress())
        .addKeyValue("method", exchange.method())
        .addKeyValue("path", printable(exchange.path()))
        .addKeyValue("status", exchange.status())
        .addKeyValue("bytes", exchange.sent())
        .addKeyValue("ms", Math.round(exchange.age().toNanos() / 1e5) / 10.0)
        .addKeyValue("run_id", exchange.runId().orElse("-"))
        .addKeyValue("client_gone", exchange.gone())
        .log("request");
  }

  /** What a client sends must not make lines of its own, whatever the logger does. */
  static String printable(String text) {
    return text.replaceAll("[\\p{Cntrl}]", "?");
  }
}
