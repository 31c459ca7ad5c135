package dev.dunes.server.ops;

import dev.dunes.session.RunObserver;
import dev.dunes.session.RunRecord;
import dev.dunes.session.RunRefusedException;
import dev.dunes.session.Settings;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongUpDownCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Metrics and traces over OTLP, switched on by {@code SANDSTORM_TELEMETRY=1}. Names are those of
 * the Query API, 2.11.
 */
public final class Telemetry implements RunObserver, AutoCloseable {
  private static final AttributeKey<String> MODEL = AttributeKey.stringKey("model");
  private static final AttributeKey<String> STATUS = AttributeKey.stringKey("status");
  private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error_type");
  private static final AttributeKey<String> TEMPLATE = AttributeKey.stringKey("template");

  private final SdkMeterProvider meters;
  private final SdkTracerProvider traces;
  private final Tracer tracer;
  private final LongCounter requests;
  private final LongCounter errors;
  private final LongCounter queueDrops;
  private final DoubleHistogram requestDuration;
  private final DoubleHistogram creationDuration;
  private final DoubleHistogram executionDuration;
  private final LongUpDownCounter activeSandboxes;
  private final Map<String, Span> queries = new ConcurrentHashMap<>();

  private Telemetry(Settings settings, Duration interval) {
    OtlpExporters exporters = OtlpExporters.of(settings);
    Resource resource =
        Resource.getDefault()
            .merge(
                Resource.create(
                    Attributes.of(
                        AttributeKey.stringKey("service.name"),
                        settings.get("OTEL_SERVICE_NAME").orElse("sandstorm"))));
    meters =
        SdkMeterProvider.builder()
            .setResource(resource)
            .registerMetricReader(
                PeriodicMetricReader.builder(exporters.metrics()).setInterval(interval).build())
            .build();
    traces =
        SdkTracerProvider.builder()
            .setResource(resource)
            .addSpanProcessor(BatchSpanProcessor.builder(exporters.spans()).build())
            .build();
    tracer = traces.get("sandstorm");
    Meter meter = meters.get("sandstorm");
    requests = meter.counterBuilder("sandstorm.requests").build();
    errors = meter.counterBuilder("sandstorm.errors").build();
    queueDrops = meter.counterBuilder("sandstorm.queue.drops").build();
    requestDuration = histogram(meter, "sandstorm.request.duration");
    creationDuration = histogram(meter, "sandstorm.sandbox.creation.duration");
    executionDuration = histogram(meter, "sandstorm.agent.execution.duration");
    activeSandboxes = meter.upDownCounterBuilder("sandstorm.sandboxes.active").build();
  }

  /**
   * Telemetry as the settings want it; empty when it is off.
   *
   * @throws IllegalArgumentException when they ask for a protocol that is not spoken
   */
  public static Optional<Telemetry> of(Settings settings) {
    if (!settings.on("DUNES_TELEMETRY")) {
      return Optional.empty();
    }
    int interval = settings.number("OTEL_METRIC_EXPORT_INTERVAL", 60_000, 100, 3_600_000);
    return Optional.of(new Telemetry(settings, Duration.ofMillis(interval)));
  }

  private static DoubleHistogram histogram(Meter meter, String name) {
    return meter.histogramBuilder(name).setUnit("s").build();
  }

  @Override
  public void started(RunRecord run) {
    queries.put(run.id(), span(Phase.QUERY, run).setStartTimestamp(run.startedAt()).startSpan());
  }

  @Override
  public void refused(RunRefusedException.Reason reason) {
    errors.add(1, Attributes.of(ERROR_TYPE, reason.name().toLowerCase(Locale.ROOT)));
    if (reason == RunRefusedException.Reason.BUSY) {
      queueDrops.add(1);
    }
  }

  @Override
  public void phase(RunRecord run, Phase phase, Instant began, Duration took) {
    double seconds = took.toNanos() / 1e9;
    Attributes model = Attributes.of(MODEL, run.model().orElse("default"));
    switch (phase) {
      case QUERY -> {
        requestDuration.record(seconds, model);
        return;
      }
      case SANDBOX_CREATE -> creationDuration.record(seconds, Attributes.of(TEMPLATE, "default"));
      case AGENT_EXECUTE -> executionDuration.record(seconds, model);
      case UPLOAD_FILES, UPLOAD_SKILLS, SANDBOX_CLEANUP -> {}
    }
    Span query = queries.get(run.id());
    Context parent = query == null ? Context.root() : Context.root().with(query);
    span(phase, run).setParent(parent).setStartTimestamp(began).startSpan().end(began.plus(took));
    if (phase == Phase.SANDBOX_CLEANUP) {
      queries.remove(run.id());
    }
  }

  private SpanBuilder span(Phase phase, RunRecord run) {
    SpanBuilder span =
        tracer
            .spanBuilder(phase.wireName())
            .setAttribute("sandstorm.request_id", run.id())
            .setAttribute("sandstorm.model", run.model().orElse("default"))
            .setAttribute("sandstorm.timeout", run.config().path("timeout").asLong(0))
            .setAttribute("sandstorm.file_count", run.filesCount());
    run.sandboxId().ifPresent(id -> span.setAttribute("sandstorm.sandbox_id", id));
    return span;
  }

  @Override
  public void sandboxOpened(RunRecord run, String provider) {
    activeSandboxes.add(1);
  }

  @Override
  public void sandboxClosed(RunRecord run, String provider) {
    activeSandboxes.add(-1);
  }

  @Override
  public void ended(RunRecord run) {
    requests.add(
        1, Attributes.of(MODEL, run.model().orElse("default"), STATUS, run.status().wireName()));
    Span query = queries.get(run.id());
    if (run.error().isPresent()) {
      errors.add(1, Attributes.of(ERROR_TYPE, run.outcome()));
      if (query != null) {
        query.setStatus(StatusCode.ERROR, run.outcome());
      }
    }
    if (query != null) {
      query.end();
    }
  }

  /** Sends what has been gathered; at most 5 s. */
  @Override
  public void close() {
    traces.shutdown().join(5, TimeUnit.SECONDS);
    meters.shutdown().join(5, TimeUnit.SECONDS);
  }
}
