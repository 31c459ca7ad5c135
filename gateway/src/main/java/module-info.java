import org.jspecify.annotations.NullMarked;

/** The way out of a sandbox: models and the network, under policy. */
@NullMarked
module dev.dunes.gateway {
  requires static transitive org.jspecify;
  requires io.vertx.core;
  requires tools.jackson.databind;
  requires org.slf4j;

  exports dev.dunes.gateway;
}
