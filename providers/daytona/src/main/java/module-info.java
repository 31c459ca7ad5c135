import org.jspecify.annotations.NullMarked;

/** Sandboxes of Daytona. */
@NullMarked
module dev.dunes.provider.daytona {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires dev.dunes.provider.cloud;
  requires org.slf4j;

  exports dev.dunes.provider.daytona;

  provides dev.dunes.sandbox.spi.SandboxProviderFactory with
      dev.dunes.provider.daytona.DaytonaSandboxProviderFactory;
}
