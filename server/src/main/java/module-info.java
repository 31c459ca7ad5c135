import org.jspecify.annotations.NullMarked;

/** The HTTP server: one sub-package a face, which only translates. */
@NullMarked
module dev.dunes.server {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.session;
  requires dev.dunes.hosting;
  requires dev.dunes.sandbox;
  requires io.vertx.core;
  requires tools.jackson.databind;
  requires micrometer.core;
  requires micrometer.registry.prometheus;
  requires io.opentelemetry.api;
  requires io.opentelemetry.context;
  requires io.opentelemetry.sdk;
  requires io.opentelemetry.sdk.common;
  requires io.opentelemetry.sdk.metrics;
  requires io.opentelemetry.sdk.trace;
  requires io.opentelemetry.exporter.otlp;
  requires org.bouncycastle.pkix;
  requires org.bouncycastle.provider;
  requires org.slf4j;

  exports dev.dunes.server;
}
