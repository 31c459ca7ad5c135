import org.jspecify.annotations.NullMarked;

/** The command line. */
@NullMarked
module dev.dunes.cli {
  requires static transitive org.jspecify;
  requires dev.dunes.sandbox;
  requires dev.dunes.agent;
  requires dev.dunes.gateway;
  requires dev.dunes.session;
  requires dev.dunes.hosting;
  requires dev.dunes.server;
  requires tools.jackson.databind;
  requires java.net.http;
  requires info.picocli;
  requires org.slf4j;

  exports dev.dunes.cli;

  provides org.slf4j.spi.SLF4JServiceProvider with
      dev.dunes.cli.log.LogfmtProvider;

  // picocli reads and sets annotated fields.
  opens dev.dunes.cli to
      info.picocli;
}
