import org.jspecify.annotations.NullMarked;

/** The way out of a sandbox: models and the network, under policy. */
@NullMarked
module dev.dunes.gateway {
  requires static transitive org.jspecify;
  requires io.netty.codec;
  requires io.vertx.core;
  requires tools.jackson.databind;
  requires java.net.http;
  requires org.slf4j;
  requires tls.channel;

  exports dev.dunes.gateway;
}
