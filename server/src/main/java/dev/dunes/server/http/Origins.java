package dev.dunes.server.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which web pages may use the server. Query API 2.7.
 *
 * @param allowed origins, or {@code *}
 * @param guarded whether nobody has said who may and no key is asked for: then only pages of this
 *     machine may
 */
record Origins(Set<String> allowed, boolean guarded) implements PageRules {
  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

  static Origins of(Optional<String> corsOrigins, boolean keyIsAsked) {
    Set<String> list =
        corsOrigins
            .map(text ->
                Set.copyOf(
                    Arrays.stream(text.split(","))
                        .map(String::strip)
                        .filter(s -> !s.isEmpty())
                        .toList()))
            .orElse(Set.of("*"));
    return new Origins(list, corsOrigins.isEmpty() && !keyIsAsked);
  }

  @Override
  public boolean refuses(Exchange exchange) {
    Optional<String> origin = exchange.header("origin");
    if (!guarded || origin.isEmpty()) {
      return false;
    }
    Optional<String> host = host(origin.get());
    return host.isEmpty()
        || !(host.get().equals("localhost")
            || isAddress(host.get())
                && host.equals(exchange.header("host").flatMap(h -> host("http://" + h))));
  }

  @Override
  public Map<String, String> headers(Exchange exchange) {
    Optional<String> origin = exchange.header("origin");
    if (origin.isEmpty() || !allows(origin.get())) {
      return Map.of();
    }
    Map<String, String> headers = new LinkedHashMap<>();
    allow(headers, origin.get());
    headers.put("access-control-expose-headers", "X-Run-Id, X-Run-Timeout");
    return headers;
  }

  @Override
  public Optional<Reply> preflight(Exchange exchange) {
    Optional<String> origin = exchange.header("origin");
    if (!exchange.method().equals("OPTIONS")
        || origin.isEmpty()
        || exchange.header("access-control-request-method").isEmpty()) {
      return Optional.empty();
    }
    if (!allows(origin.get())) {
      return Optional.of(Reply.text(400, "text/plain; charset=utf-8", "Disallowed CORS origin"));
    }
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("content-type", "text/plain; charset=utf-8");
    allow(headers, origin.get());
    headers.put("access-control-allow-methods", "GET, POST, DELETE");
    headers.put("access-control-max-age", "600");
    exchange
        .header("access-control-request-headers")
        .ifPresent(asked -> headers.put("access-control-allow-headers", asked));
    return Optional.of(new Reply(200, headers, new byte[] {'O', 'K'}));
  }

  private void allow(Map<String, String> headers, String origin) {
    if (allowed.contains("*")) {
      headers.put("access-control-allow-origin", "*");
    } else {
      headers.put("access-control-allow-origin", origin);
      headers.put("vary", "Origin");
    }
  }

  private boolean allows(String origin) {
    return allowed.contains("*") || allowed.contains(origin);
  }

  private static Optional<String> host(String url) {
    try {
      return Optional.ofNullable(new URI(url).getHost()).map(host -> host.toLowerCase(Locale.ROOT));
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static boolean isAddress(String host) {
    return host.startsWith("[") || IPV4.matcher(host).matches();
  }
}
