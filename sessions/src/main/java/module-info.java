import org.jspecify.annotations.NullMarked;

/** Runs of coding agents in sandboxes: from a prompt to its last event. */
@NullMarked
module dev.dunes.session {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires transitive dev.dunes.agent;
  requires transitive dev.dunes.gateway;
  requires transitive tools.jackson.databind;
  requires java.net.http;
  requires tools.jackson.dataformat.yaml;
  requires java.sql;
  requires org.xerial.sqlitejdbc;
  requires org.slf4j;

  exports dev.dunes.session;
}
