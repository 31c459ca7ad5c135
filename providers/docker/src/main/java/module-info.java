import org.jspecify.annotations.NullMarked;

/** Sandboxes that are containers of a Docker or Podman daemon. */
@NullMarked
module dev.dunes.provider.docker {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires dev.dunes.guest;
  requires tools.jackson.databind;
  requires org.apache.commons.compress;
  requires org.slf4j;

  exports dev.dunes.provider.docker;

  provides dev.dunes.sandbox.spi.SandboxProviderFactory with
      dev.dunes.provider.docker.DockerSandboxProviderFactory;
}
