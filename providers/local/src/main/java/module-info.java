import org.jspecify.annotations.NullMarked;

/** Sandboxes made of this host's own namespaces. */
@NullMarked
module dev.dunes.provider.local {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires dev.dunes.guest;
  requires tools.jackson.databind;
  requires org.apache.commons.compress;
  requires org.slf4j;

  exports dev.dunes.provider.local;

  provides dev.dunes.sandbox.spi.SandboxProviderFactory with
      dev.dunes.provider.local.LocalSandboxProviderFactory;
}
