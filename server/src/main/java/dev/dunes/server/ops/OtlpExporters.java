package dev.dunes.server.ops;

import dev.dunes.session.Settings;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where telemetry goes, and how: the variables of OpenTelemetry for exporters. Both protocols have
 * their usual ports.
 */
record OtlpExporters(boolean grpc, String endpoint, Map<String, String> headers) {
  private static final String PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL";

  /**
   * As the settings want them.
   *
   * @throws IllegalArgumentException when they ask for a protocol that is not spoken
   */
  static OtlpExporters of(Settings settings) {
    String protocol = settings.get(PROTOCOL).orElse("http/protobuf");
    if (!protocol.equals("http/protobuf") && !protocol.equals("grpc")) {
      throw new IllegalArgumentException(
          "%s=%s is not supported: use http/protobuf or grpc".formatted(PROTOCOL, protocol));
    }
    boolean grpc = protocol.equals("grpc");
    String endpoint =
        settings
            .get("OTEL_EXPORTER_OTLP_ENDPOINT")
            .orElse(grpc ? "http://localhost:4317" : "http://localhost:4318");
    return new OtlpExporters(
        grpc,
        endpoint.replaceAll("/+$", ""),
        headers(settings.get("OTEL_EXPORTER_OTLP_HEADERS").orElse("")));
  }

  private static Map<String, String> headers(String list) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String entry : list.split(",")) {
      int equals = entry.indexOf('=');
      if (equals > 0) {
        headers.put(entry.substring(0, equals).strip(), entry.substring(equals + 1).strip());
      }
    }
    return headers;
  }

  MetricExporter metrics() {
    return grpc
        ? OtlpGrpcMetricExporter.builder().setEndpoint(endpoint).setHeaders(() -> headers).build()
        : OtlpHttpMetricExporter.builder()
            .setEndpoint(endpoint + "/v1/metrics")
            .setHeaders(() -> headers)
            .build();
  }

  SpanExporter spans() {
    return grpc
        ? OtlpGrpcSpanExporter.builder().setEndpoint(endpoint).setHeaders(() -> headers).build()
        : OtlpHttpSpanExporter.builder()
            .setEndpoint(endpoint + "/v1/traces")
            .setHeaders(() -> headers)
            .build();
  }
}
