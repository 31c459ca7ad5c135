import org.jspecify.annotations.NullMarked;

/** The tests every sandbox provider passes. */
@NullMarked
module dev.dunes.sandbox.conformance {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires transitive org.junit.jupiter.api;
  requires org.junit.jupiter.params;
  requires org.assertj.core;
  requires java.net.http;
  requires jdk.httpserver;

  exports dev.dunes.sandbox.conformance;
}
