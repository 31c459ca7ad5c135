package dev.dunes.server.query;

import dev.dunes.server.http.EventStream;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.session.CancelOutcome;
import dev.dunes.session.Memory;
import dev.dunes.session.Run;
import dev.dunes.session.RunEvent;
import dev.dunes.session.RunRecord;
import dev.dunes.session.RunRefusedException;
import dev.dunes.session.RunRequest;
import dev.dunes.session.RunScope;
import dev.dunes.session.RunSubscription;
import dev.dunes.session.Runs;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;

/** The Query API: one call, one run, every step streamed; and what can be asked about runs. */
public final class QueryFace {
  private static final long LARGEST_BODY = 64L << 20;
  private static final Reply UNKNOWN_RUN = Reply.error(404, "unknown run_id");

  /** Begins streams of events. */
  public interface Streams {
    EventStream open(Exchange exchange, Map<String, String> headers) throws InterruptedException;
  }

  private final Runs runs;
  private final Streams streams;
  private final Webhooks webhooks;

  public QueryFace(Runs runs, Streams streams) {
    this.runs = runs;
    this.streams = streams;
    this.webhooks = new Webhooks(runs);
  }

  /** What this face answers. */
  public List<Route> routes() {
    return List.of(
        Route.of("POST", "/query", this::query),
        Route.of("GET", "/runs", this::list),
        Route.of("GET", "/runs/{id}", this::detail),
        Route.of("GET", "/runs/{id}/files/{path...}", this::file),
        Route.of("POST", "/runs/{id}/cancel", this::cancel),
        Route.of("GET", "/memories", this::memories),
        Route.of("DELETE", "/memories/{id}", this::forget));
  }

  /** Requests to paths that only the configuration knows. */
  public Route.Handler webhooks() {
    return webhooks;
  }

  private void query(Exchange exchange) throws InterruptedException {
    RunRequest request = QueryBody.read(exchange.body(LARGEST_BODY));
    Run run;
    try {
      run = runs.start(request);
    } catch (RunRefusedException e) {
      throw Refusals.of(e);
    }
    exchange.runId(run.id());
    // Subscribed before anything can fail: the run ends when this thread leaves.
    try (RunSubscription events = run.subscribe();
        EventStream stream = streams.open(exchange, headers(run))) {
      for (Optional<RunEvent> e = events.next(); e.isPresent(); e = events.next()) {
        stream.send(e.get().json());
      }
      exchange.end();
    }
  }

  private static Map<String, String> headers(Run run) {
    return Map.of("X-Run-Id", run.id(), "X-Run-Timeout", Long.toString(run.timeout().toSeconds()));
  }

  private void list(Exchange exchange) throws InterruptedException {
    int limit = Limit.of(exchange);
    ArrayNode rows = Json.MAPPER.createArrayNode();
    runs.list(limit).forEach(run -> rows.add(runs.summary(run)));
    exchange.send(Reply.json(200, rows));
  }

  private void detail(Exchange exchange) throws InterruptedException {
    RunRecord run =
        runs.record(exchange.parameter("id")).orElseThrow(() -> new HttpFailure(UNKNOWN_RUN));
    exchange.send(Reply.json(200, runs.detail(run)));
  }

  private void file(Exchange exchange) throws InterruptedException {
    String id = exchange.parameter("id");
    if (runs.record(id).isEmpty()) {
      throw new HttpFailure(UNKNOWN_RUN);
    }
    Optional<InputStream> found = runs.file(id, exchange.parameter("path"));
    if (found.isEmpty()) {
      throw new HttpFailure(Reply.error(404, "unknown file"));
    }
    try (InputStream file = found.get()) {
      // Whatever an agent made must not act in a browser as a page of this server.
      exchange.begin(
          200,
          Map.of(
              "content-type", "application/octet-stream",
              "content-disposition", "attachment",
              "x-content-type-options", "nosniff",
              "cache-control", "no-store"));
      byte[] buffer = new byte[1 << 16];
      for (int n = file.read(buffer); n >= 0; n = file.read(buffer)) {
        exchange.write(java.util.Arrays.copyOf(buffer, n));
      }
      exchange.end();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void cancel(Exchange exchange) throws InterruptedException {
    String id = exchange.parameter("id");
    exchange.send(
        switch (runs.cancel(id)) {
          case CancelOutcome.Cancelling cancelling ->
              Reply.json(200, Json.object().put("status", "cancelling").put("run_id", id));
          case CancelOutcome.Unknown unknown -> UNKNOWN_RUN;
          case CancelOutcome.NotRunning ended ->
              Reply.error(
                  409, "run status is %s, cannot cancel".formatted(ended.status().wireName()));
        });
  }

  private void memories(Exchange exchange) throws InterruptedException {
    ArrayNode rows = Json.MAPPER.createArrayNode();
    for (Memory memory : runs.memories().visible(scope(exchange))) {
      rows.add(memory.json());
    }
    exchange.send(Reply.json(200, rows));
  }

  private void forget(Exchange exchange) throws InterruptedException {
    boolean forgotten = runs.memories().forget(exchange.parameter("id"), scope(exchange));
    exchange.send(forgotten ? Reply.empty(204) : Reply.error(404, "unknown memory"));
  }

  private static RunScope scope(Exchange exchange) {
    return new RunScope(
        exchange.query("team_id").orElse(RunScope.LOCAL),
        exchange.query("user_id").orElse(RunScope.LOCAL),
        exchange.query("channel_id"));
  }
}
