package dev.dunes.server.e2b;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.HostingEvent;
import dev.dunes.hosting.HostingException;
import dev.dunes.hosting.MetricsSample;
import dev.dunes.hosting.Timestamps;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.Query;
import dev.dunes.server.hosted.SandboxJson;
import dev.dunes.server.hosted.SandboxRoutes;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What sandboxes use, and what happened to them. E2B wire 2.3. Metrics are kept from the first time
 * somebody asks. The log of a sandbox is what this server did to it.
 */
final class ReportRoutes {
  private static final int MOST_SANDBOXES = 100;
  private static final int MOST_LINES = 1000;
  private static final int LONGEST_SEARCH = 256;
  private static final List<String> LEVELS = List.of("debug", "info", "warn", "error");

  private final Hosting hosting;

  ReportRoutes(Hosting hosting) {
    this.hosting = hosting;
  }

  List<Route> routes(Gate gate) {
    return List.of(
        gate.route("GET", "/sandboxes/metrics", this::ofSeveral),
        gate.route("GET", "/sandboxes/{id}/metrics", this::ofOne),
        gate.route("GET", "/sandboxes/{id}/logs", this::oldLogs),
        gate.route("GET", "/v2/sandboxes/{id}/logs", this::logs));
  }

  private Reply ofOne(Exchange exchange, Account account) throws InterruptedException {
    HostedSandbox sandbox = hosting.get(account, SandboxRoutes.id(exchange));
    long start = Query.number(exchange, "start", 0, 0, Long.MAX_VALUE);
    long end = Query.number(exchange, "end", Long.MAX_VALUE, 0, Long.MAX_VALUE);
    if (start > end) {
      throw Failures.invalid("start must not be after end");
    }
    ArrayNode rows = Json.MAPPER.createArrayNode();
    hosting.metrics(account, sandbox.id()).stream()
        .filter(sample -> sample.at().getEpochSecond() >= start)
        .filter(sample -> sample.at().getEpochSecond() <= end)
        .forEach(sample -> rows.add(json(sandbox, sample)));
    return Reply.json(200, rows);
  }

  private Reply ofSeveral(Exchange exchange, Account account) throws InterruptedException {
    List<String> ids =
        exchange.queryAll("sandbox_ids").stream()
            .flatMap(text -> Arrays.stream(text.split(",")))
            .filter(text -> !text.isBlank())
            .distinct()
            .toList();
    if (ids.isEmpty() || ids.size() > MOST_SANDBOXES) {
      throw Failures.invalid("sandbox_ids must name 1 to %d sandboxes".formatted(MOST_SANDBOXES));
    }
    ObjectNode json = Json.object();
    ObjectNode all = json.putObject("sandboxes");
    for (String id : ids) {
      try {
        HostedSandbox sandbox = hosting.get(account, id);
        List<MetricsSample> samples = sandbox.paused() ? List.of() : hosting.metrics(account, id);
        if (!samples.isEmpty()) {
          all.set(id, json(sandbox, samples.getLast()));
        }
      } catch (HostingException e) {
        if (e.reason() != HostingException.Reason.NOT_FOUND) {
          throw e;
        }
        all.remove(id); // it has ended meanwhile: there is nothing to say about it
      }
    }
    return Reply.json(200, json);
  }

  private static ObjectNode json(HostedSandbox sandbox, MetricsSample sample) {
    ObjectNode json =
        Json.object()
            .put("timestamp", Timestamps.text(sample.at()))
            .put("timestampUnix", sample.at().getEpochSecond());
    SandboxJson.putNumber(json, "cpuCount", sandbox.cpuCores());
    return json.put("cpuUsedPct", sample.cpuPercent())
        .put("memUsed", sample.memoryBytes())
        .put("memTotal", sample.memoryLimitBytes())
        .put("memCache", 0)
        .put("diskUsed", sample.diskUsedBytes())
        .put("diskTotal", sample.diskLimitBytes());
  }

  private Reply oldLogs(Exchange exchange, Account account) {
    long start = Query.number(exchange, "start", 0, 0, Long.MAX_VALUE);
    int limit = (int) Query.number(exchange, "limit", MOST_LINES, 0, MOST_LINES);
    ObjectNode json = Json.object();
    ArrayNode lines = json.putArray("logs");
    ArrayNode entries = json.putArray("logEntries");
    oldestFirst(exchange, account).stream()
        .filter(event -> event.timestamp().toEpochMilli() >= start)
        .limit(limit)
        .forEach(event -> {
          lines
              .addObject()
              .put("timestamp", Timestamps.text(event.timestamp()))
              .put("line", message(event));
          entries.add(entry(event));
        });
    return Reply.json(200, json);
  }

  private Reply logs(Exchange exchange, Account account) {
    int limit = (int) Query.number(exchange, "limit", MOST_LINES, 0, MOST_LINES);
    Optional<String> search = exchange.query("search");
    if (search.filter(text -> text.length() > LONGEST_SEARCH).isPresent()) {
      throw Failures.invalid("search must have at most %d characters".formatted(LONGEST_SEARCH));
    }
    Optional<String> level = exchange.query("level").map(text -> text.toLowerCase(Locale.ROOT));
    if (level.isPresent() && !LEVELS.contains(level.get())) {
      throw Failures.invalid("level must be debug, info, warn or error");
    }
    boolean backward =
        switch (exchange.query("direction").orElse("forward")) {
          case "forward" -> false;
          case "backward" -> true;
          default -> throw Failures.invalid("direction must be forward or backward");
        };
    long cursor =
        Query.number(exchange, "cursor", backward ? Long.MAX_VALUE : 0, 0, Long.MAX_VALUE);
    List<HostingEvent> events = new ArrayList<>(oldestFirst(exchange, account));
    if (backward) {
      Collections.reverse(events);
    }
    ObjectNode json = Json.object();
    ArrayNode rows = json.putArray("logs");
    events.stream()
        // All that is written there is information: what asks for worse gets nothing.
        .filter(event -> level.isEmpty() || LEVELS.indexOf(level.get()) <= 1)
        .filter(event -> search.isEmpty() || message(event).contains(search.get()))
        .filter(event ->
            backward == event.timestamp().toEpochMilli() <= cursor
                || event.timestamp().toEpochMilli() == cursor)
        .limit(limit)
        .forEach(event -> rows.add(entry(event)));
    return Reply.json(200, json);
  }

  private List<HostingEvent> oldestFirst(Exchange exchange, Account account) {
    String id = SandboxRoutes.id(exchange);
    List<HostingEvent> events = hosting.events().newest(account, Optional.of(id), MOST_LINES);
    if (events.isEmpty()) {
      hosting.get(account, id); // says what became of it
    }
    return events.reversed();
  }

  private static ObjectNode entry(HostingEvent event) {
    ObjectNode json =
        Json.object()
            .put("timestamp", Timestamps.text(event.timestamp()))
            .put("message", message(event))
            .put("level", "info");
    json.putObject("fields").put("event", event.id()).put("type", event.type().wireName());
    return json;
  }

  private static String message(HostingEvent event) {
    return "sandbox " + event.type().name().toLowerCase(Locale.ROOT);
  }
}
