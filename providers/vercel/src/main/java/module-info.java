import org.jspecify.annotations.NullMarked;

/** Sandboxes of Vercel. */
@NullMarked
module dev.dunes.provider.vercel {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires dev.dunes.provider.cloud;
  requires org.apache.commons.compress;
  requires org.slf4j;

  exports dev.dunes.provider.vercel;

  provides dev.dunes.sandbox.spi.SandboxProviderFactory with
      dev.dunes.provider.vercel.VercelSandboxProviderFactory;
}
