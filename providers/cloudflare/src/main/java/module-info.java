import org.jspecify.annotations.NullMarked;

/** Sandboxes of Cloudflare. */
@NullMarked
module dev.dunes.provider.cloudflare {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires dev.dunes.provider.cloud;
  requires org.slf4j;

  exports dev.dunes.provider.cloudflare;

  provides dev.dunes.sandbox.spi.SandboxProviderFactory with
      dev.dunes.provider.cloudflare.CloudflareSandboxProviderFactory;
}
