package dev.dunes.server.ops;

import dev.dunes.server.http.Front;
import dev.dunes.session.RunObserver;
import dev.dunes.session.RunRecord;
import dev.dunes.session.RunRefusedException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** What {@code GET /metrics} shows. */
public final class Metrics implements RunObserver, Front.Observer {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger sandboxes = new AtomicInteger();

  public Metrics() {
    Gauge.builder("dunes.runs.active", active, AtomicInteger::get)
        .description("Runs that have not ended")
        .register(registry);
    Gauge.builder("dunes.sandboxes.active", sandboxes, AtomicInteger::get)
        .description("Sandboxes of runs")
        .register(registry);
  }

  /** Everything in Prometheus' text format. */
  String scrape() {
    return registry.scrape();
  }

  @Override
  public void started(RunRecord run) {
    active.incrementAndGet();
  }

  @Override
  public void refused(RunRefusedException.Reason reason) {
    Counter.builder("dunes.runs.refused")
        .description("Requests that became no run")
        .tag("reason", reason.name().toLowerCase(Locale.ROOT))
        .register(registry)
        .increment();
  }

  @Override
  public void phase(RunRecord run, Phase phase, Instant began, Duration took) {
    Timer.builder("dunes.run.phase")
        .description("Parts of runs")
        .tag("phase", phase.wireName())
        .publishPercentileHistogram(false)
        .register(registry)
        .record(took);
  }

  @Override
  public void sandboxOpened(RunRecord run, String provider) {
    sandboxes.incrementAndGet();
  }

  @Override
  public void sandboxClosed(RunRecord run, String provider) {
    sandboxes.decrementAndGet();
  }

  @Override
  public void ended(RunRecord run) {
    active.decrementAndGet();
    Counter.builder("dunes.runs")
        .description("Runs that have ended")
        .tag("status", run.status().wireName())
        .tag("outcome", run.outcome())
        .register(registry)
        .increment();
    run.costUsd()
        .ifPresent(usd ->
            Counter.builder("dunes.runs.cost.usd")
                .description("What runs have cost, in US dollars")
                .register(registry)
                .increment(usd));
  }

  @Override
  public void answered(String method, Optional<String> route, int status, Duration took) {
    Timer.builder("http.server.requests")
        .description("Answered requests; streams count when they end")
        // A path that is no route is somebody's invention: it must not become a series.
        .tag("method", route.isPresent() ? method : "other")
        .tag("uri", route.orElse("other"))
        .tag("status", Integer.toString(status))
        .register(registry)
        .record(took);
  }
}
