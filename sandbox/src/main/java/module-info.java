import org.jspecify.annotations.NullMarked;

/** Sandboxes: one API over every place a command can run in. */
@NullMarked
module dev.dunes.sandbox {
  requires static transitive org.jspecify;
  requires org.slf4j;

  exports dev.dunes.sandbox;
  exports dev.dunes.sandbox.spi;

  uses dev.dunes.sandbox.spi.SandboxProviderFactory;
}
