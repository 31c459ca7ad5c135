package dev.dunes.server.e2b.proxy;

import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Header;
import dev.dunes.server.http.Keys;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The head of a request as the program sees it: what was meant for this server is left out, above
 * all its keys and tokens.
 *
 * @param bytes as they are sent
 * @param body how the body follows
 * @param upgrade whether the client wants another protocol
 */
record RequestHead(byte[] bytes, BodyKind body, boolean upgrade) {
  /** About one connection only; RFC 9110, 7.6.1. */
  static final Set<String> HOP =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final Set<String> OURS =
      Set.of("e2b-sandbox-id", "e2b-sandbox-port", Admission.HEADER, "host", "expect");

  /** How a body follows. */
  enum BodyKind {
    NONE,
    LENGTH,
    CHUNKED
  }

  static RequestHead of(Exchange exchange, PortCall call, Predicate<String> ownKey) {
    List<Header> all = exchange.headerLines();
    boolean upgrade =
        exchange.header("upgrade").isPresent()
            && exchange
                .header("connection")
                .filter(text -> text.toLowerCase(Locale.ROOT).contains("upgrade"))
                .isPresent();
    BodyKind body =
        exchange.header("transfer-encoding").isPresent()
            ? BodyKind.CHUNKED
            : exchange.header("content-length").isPresent() ? BodyKind.LENGTH : BodyKind.NONE;
    Set<String> dropped = new HashSet<>(HOP);
    dropped.addAll(OURS);
    dropped.addAll(named(all));
    if (body == BodyKind.CHUNKED) {
      dropped.add("content-length");
    } else {
      dropped.remove("content-length");
    }
    StringBuilder head =
        new StringBuilder(exchange.method())
            .append(' ')
            .append(target(exchange))
            .append(" HTTP/1.1");
    line(head, "Host", host(exchange, call));
    for (Header header : all) {
      String name = header.name().toLowerCase(Locale.ROOT);
      if (!dropped.contains(name) && !isKey(name, header.value(), ownKey)) {
        value(name, header.value()).ifPresent(text -> line(head, usual(name), text));
      }
    }
    exchange.header("host").ifPresent(host -> line(head, "X-Forwarded-Host", host));
    line(head, "Connection", upgrade ? "Upgrade" : "close");
    if (upgrade) {
      line(head, "Upgrade", exchange.header("upgrade").orElseThrow());
    }
    if (body == BodyKind.CHUNKED) {
      line(head, "Transfer-Encoding", "chunked");
    }
    head.append("\r\n\r\n");
    return new RequestHead(head.toString().getBytes(StandardCharsets.ISO_8859_1), body, upgrade);
  }

  private static Set<String> named(List<Header> all) {
    return all.stream()
        .filter(header -> header.name().equalsIgnoreCase("connection"))
        .flatMap(header -> Arrays.stream(header.value().split(",")))
        .map(text -> text.strip().toLowerCase(Locale.ROOT))
        .collect(Collectors.toSet());
  }

  private static boolean isKey(String name, String value, Predicate<String> ownKey) {
    return switch (name) {
      case "x-api-key", "x-access-token" -> ownKey.test(value.strip());
      case "authorization" -> Keys.credentials(value).filter(ownKey).isPresent();
      default -> false;
    };
  }

  private static Optional<String> value(String name, String value) {
    return name.equals("cookie") ? PreviewPass.withoutCookie(value) : Optional.of(value);
  }

  /** As names of HTTP/1.1 are usually written: some programs compare them letter by letter. */
  private static String usual(String name) {
    StringBuilder written = new StringBuilder(name);
    for (int i = 0; i < written.length(); i++) {
      if (i == 0 || written.charAt(i - 1) == '-') {
        written.setCharAt(i, Character.toUpperCase(written.charAt(i)));
      }
    }
    return written.toString();
  }

  private static void line(StringBuilder head, String name, String value) {
    head.append("\r\n").append(name).append(": ").append(value);
  }

  /** Programs that look at it know themselves by this name, unless the client has named another. */
  private static String host(Exchange exchange, PortCall call) {
    String port = Integer.toString(call.port());
    return call.sandbox()
        .maskHost()
        .map(mask -> mask.replace("${PORT}", port))
        .orElseGet(() ->
            exchange
                .header("host")
                .filter(host -> host.startsWith(port + "-" + call.sandbox().id() + "."))
                .orElse("localhost:" + port));
  }

  private static String target(Exchange exchange) {
    String path = exchange.path();
    Optional<String> query =
        exchange
            .rawQuery()
            .map(raw ->
                String.join(
                    "&",
                    Arrays.stream(raw.split("&", -1))
                        .filter(part -> !part.startsWith(PreviewPass.NAME + "="))
                        .toList()))
            .filter(rest -> !rest.isEmpty());
    return query.map(text -> path + "?" + text).orElse(path);
  }
}
