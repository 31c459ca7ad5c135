import org.jspecify.annotations.NullMarked;

/** Commands on this host with no isolation, for places that are a sandbox already. */
@NullMarked
module dev.dunes.provider.host {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires dev.dunes.guest;
  requires org.slf4j;

  exports dev.dunes.provider.host;

  provides dev.dunes.sandbox.spi.SandboxProviderFactory with
      dev.dunes.provider.host.HostSandboxProviderFactory;
}
