import org.jspecify.annotations.NullMarked;

/**
 * What the adapters of cloud providers share: HTTP, errors, commands and files by way of a shell.
 */
@NullMarked
module dev.dunes.provider.cloud {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires transitive java.net.http;
  requires transitive tools.jackson.databind;
  requires dev.dunes.guest;
  requires org.apache.commons.compress;
  requires org.slf4j;

  exports dev.dunes.provider.cloud;
}
