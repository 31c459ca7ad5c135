import org.jspecify.annotations.NullMarked;

/** Sandboxes of Modal. */
@NullMarked
module dev.dunes.provider.modal {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires dev.dunes.provider.cloud;
  requires io.grpc;
  requires io.grpc.okhttp;
  requires tools.jackson.databind;
  requires org.slf4j;

  exports dev.dunes.provider.modal;

  provides dev.dunes.sandbox.spi.SandboxProviderFactory with
      dev.dunes.provider.modal.ModalSandboxProviderFactory;
}
