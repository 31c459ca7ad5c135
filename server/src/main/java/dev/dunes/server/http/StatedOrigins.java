package dev.dunes.server.http;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Rules as they were said at the start.
 *
 * @param own for a server of which nothing was said and that asks for no key
 */
record StatedOrigins(Cors cors, Origins own) implements PageRules {
  private static final String VARY =
      "origin, access-control-request-method, access-control-request-headers";

  @Override
  public boolean refuses(Exchange exchange) {
    return !cors.on() && own.refuses(exchange);
  }

  @Override
  public Map<String, String> headers(Exchange exchange) {
    if (!cors.on()) {
      return Map.of();
    }
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("vary", VARY);
    exchange.header("origin").ifPresent(origin -> allow(headers, origin));
    return headers;
  }

  @Override
  public Optional<Reply> preflight(Exchange exchange) {
    if (!cors.on()
        || !exchange.method().equals("OPTIONS")
        || exchange.header("origin").isEmpty()
        || exchange.header("access-control-request-method").isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> headers = new LinkedHashMap<>(headers(exchange));
    put(headers, exchange, "methods", "method", cors.methods());
    put(headers, exchange, "headers", "headers", cors.headers());
    return Optional.of(new Reply(200, headers, new byte[0]));
  }

  private void allow(Map<String, String> headers, String origin) {
    if (cors.origins().isEmpty() || cors.origins().contains("*")) {
      headers.put("access-control-allow-origin", "*");
    } else if (cors.origins().contains(origin)) {
      headers.put("access-control-allow-origin", origin);
      if (cors.credentials()) {
        headers.put("access-control-allow-credentials", "true");
      }
    }
  }

  /** A star means nothing to a browser that sends credentials: what was asked for is repeated. */
  private void put(
      Map<String, String> headers,
      Exchange exchange,
      String allowed,
      String requested,
      List<String> values) {
    String name = "access-control-allow-" + allowed;
    if (!values.isEmpty()) {
      headers.put(name, String.join(",", values));
    } else if (cors.credentials()) {
      exchange
          .header("access-control-request-" + requested)
          .ifPresent(asked -> headers.put(name, asked));
    } else {
      headers.put(name, "*");
    }
  }
}
