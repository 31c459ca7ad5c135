import org.jspecify.annotations.NullMarked;

/** Sandboxes of Sprites. */
@NullMarked
module dev.dunes.provider.sprites {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires dev.dunes.provider.cloud;
  requires org.slf4j;

  exports dev.dunes.provider.sprites;

  provides dev.dunes.sandbox.spi.SandboxProviderFactory with
      dev.dunes.provider.sprites.SpritesSandboxProviderFactory;
}
