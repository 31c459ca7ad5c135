import org.jspecify.annotations.NullMarked;

/** Coding agents, driven in sandboxes. */
@NullMarked
module dev.dunes.agent {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires transitive tools.jackson.databind;
  requires com.networknt.schema;
  requires org.apache.commons.compress;
  requires org.slf4j;
  requires java.net.http;

  exports dev.dunes.agent;
  exports dev.dunes.agent.credentials;
}
