import org.jspecify.annotations.NullMarked;

/** Sandboxes of E2B, and of every server that speaks its wire. */
@NullMarked
module dev.dunes.provider.e2b {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires dev.dunes.provider.cloud;
  requires org.slf4j;

  exports dev.dunes.provider.e2b;

  provides dev.dunes.sandbox.spi.SandboxProviderFactory with
      dev.dunes.provider.e2b.E2bSandboxProviderFactory;
}
