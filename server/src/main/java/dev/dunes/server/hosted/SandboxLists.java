package dev.dunes.server.hosted;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;

/** Lists of sandboxes: whole, and page by page. Sandbox API 2.2, E2B wire 2.3. */
final class SandboxLists {
  private static final int MOST_LISTED = 1000;
  private static final int MOST_ON_PAGE = 100;
  private static final Set<String> STATES = Set.of("running", "paused");

  private final Hosting hosting;
  private final SandboxJson json;

  SandboxLists(Hosting hosting, SandboxJson json) {
    this.hosting = hosting;
    this.json = json;
  }

  Reply all(Exchange exchange, Account account) {
    Predicate<HostedSandbox> wanted =
        switch (exchange.query("status").orElse("running")) {
          case "running" -> sandbox -> !sandbox.paused();
          case "paused" -> HostedSandbox::paused;
          case "all" -> sandbox -> true;
          default -> throw Failures.invalid("status must be running, paused or all");
        };
    Map<String, String> metadata = metadata(exchange.query("metadata").orElse(""));
    long limit = Query.number(exchange, "limit", MOST_LISTED, 1, MOST_LISTED);
    ArrayNode rows = Json.MAPPER.createArrayNode();
    hosting.list(account).stream()
        .filter(wanted)
        .filter(sandbox -> sandbox.metadata().entrySet().containsAll(metadata.entrySet()))
        .limit(limit)
        .map(sandbox -> json.of(exchange, sandbox))
        .forEach(rows::add);
    return Reply.json(200, rows);
  }

  Reply pages(Exchange exchange, Account account) {
    boolean ascending = ascending(exchange);
    Set<String> states = states(exchange);
    int limit = (int) Query.number(exchange, "limit", MOST_ON_PAGE, 1, MOST_ON_PAGE);
    Optional<ListCursor> from =
        exchange
            .query("nextToken")
            .filter(text -> !text.isEmpty())
            .map(text -> ListCursor.parse(text, ascending));
    Map<String, String> metadata = metadata(exchange.query("metadata").orElse(""));
    Optional<Instant> since = since(exchange);
    Optional<String> template = exchange.query("template").filter(text -> !text.isEmpty());
    template
        .filter(name -> name.contains(":"))
        .ifPresent(name -> {
          throw Failures.invalid("template must have no tag");
        });
    List<HostedSandbox> matching =
        hosting.list(account).stream()
            .filter(sandbox -> sandbox.metadata().entrySet().containsAll(metadata.entrySet()))
            .filter(sandbox -> since.isEmpty() || !sandbox.startedAt().isBefore(since.get()))
            .filter(sandbox -> template.isEmpty() || isOf(sandbox, template.get()))
            .toList();
    Comparator<HostedSandbox> order =
        Comparator.comparing(HostedSandbox::startedAt).thenComparing(HostedSandbox::id);
    List<HostedSandbox> sorted =
        matching.stream()
            .filter(sandbox -> states.contains(sandbox.paused() ? "paused" : "running"))
            .filter(sandbox -> from.isEmpty() || from.get().isBefore(sandbox))
            .sorted(ascending ? order : order.reversed())
            .toList();
    ArrayNode rows = Json.MAPPER.createArrayNode();
    sorted.stream()
        .limit(limit)
        .map(sandbox -> json.of(exchange, sandbox))
        .peek(row -> row.remove(List.of("envdAccessToken", "trafficAccessToken")))
        .forEach(rows::add);
    Reply reply = Reply.json(200, rows);
    if (sorted.size() > limit) {
      reply = reply.with("x-next-token", ListCursor.after(sorted.get(limit - 1), ascending).text());
    }
    long running = matching.stream().filter(sandbox -> !sandbox.paused()).count();
    return states.contains("running")
        ? reply.with("x-total-running", Long.toString(running))
        : reply;
  }

  private boolean isOf(HostedSandbox sandbox, String name) {
    String plain = name.substring(name.lastIndexOf('/') + 1);
    return sandbox.template().equals(plain)
        || hosting
            .templates()
            .find(plain)
            .filter(template -> template.id().equals(sandbox.template()))
            .isPresent();
  }

  private static boolean ascending(Exchange exchange) {
    return switch (exchange.query("order").orElse("desc")) {
      case "desc" -> false;
      case "asc" -> true;
      default -> throw Failures.invalid("order must be desc or asc");
    };
  }

  private static Set<String> states(Exchange exchange) {
    Set<String> asked = new TreeSet<>();
    exchange.queryAll("state").stream()
        .flatMap(text -> Arrays.stream(text.split(",")))
        .map(String::strip)
        .filter(text -> !text.isEmpty())
        .forEach(asked::add);
    if (!STATES.containsAll(asked)) {
      throw Failures.invalid("state must be running, paused or both");
    }
    return asked.isEmpty() ? STATES : asked;
  }

  private static Optional<Instant> since(Exchange exchange) {
    Optional<String> text = exchange.query("startedAfter").filter(given -> !given.isEmpty());
    try {
      // Kept are milliseconds, and what was started in the same one counts.
      return text.map(java.time.OffsetDateTime::parse)
          .map(java.time.OffsetDateTime::toInstant)
          .map(at -> at.truncatedTo(java.time.temporal.ChronoUnit.MILLIS));
    } catch (DateTimeParseException e) {
      throw Failures.invalid("startedAfter must be a time like 2026-01-31T12:00:00Z");
    }
  }

  /** Some clients encode names and values once more than a query needs. E2B wire 2.3. */
  static Map<String, String> metadata(String text) {
    Map<String, String> wanted = new LinkedHashMap<>();
    Stream.of(text.split("&"))
        .filter(pair -> !pair.isEmpty())
        .forEach(pair -> {
          String[] parts = pair.split("=", 2);
          wanted.put(decode(parts[0]), parts.length == 2 ? decode(parts[1]) : "");
        });
    return wanted;
  }

  private static String decode(String text) {
    String once = decoded(text);
    try {
      return once.indexOf('%') < 0 ? once : decoded(once);
    } catch (HttpFailure e) {
      return once; // a percent sign of the client's own
    }
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw Failures.invalid("metadata must be like name=value&name=value, percent-encoded");
    }
  }
}
