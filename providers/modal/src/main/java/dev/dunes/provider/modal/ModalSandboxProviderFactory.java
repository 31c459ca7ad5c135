package dev.dunes.provider.modal;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.Set;

/**
 * Opens the provider {@code modal}. Uses no class of gRPC before it does: its libraries need not be
 * on the class path, see {@link GrpcLibraries}.
 */
public final class ModalSandboxProviderFactory implements SandboxProviderFactory {
  static final String NAME = "modal";
  private static final int ORDER = 60;

  /** For {@link java.util.ServiceLoader}. */
  public ModalSandboxProviderFactory() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Containers at Modal, isolated by gVisor";
  }

  @Override
  public String requirement() {
    return ModalSettings.CREDENTIALS;
  }

  @Override
  public String setupHint() {
    return "make a token at https://modal.com/settings/tokens and export MODAL_TOKEN_ID=… and"
        + " MODAL_TOKEN_SECRET=…";
  }

  @Override
  public int detectionOrder() {
    return ORDER;
  }

  @Override
  public Set<String> settings() {
    return ModalSettings.NAMES;
  }

  @Override
  public Availability availability(ProviderSettings settings) {
    try {
      return ModalSettings.usable(settings)
          ? new Availability(true, "its credentials are set")
          : new Availability(
              false,
              "MODAL_TOKEN_ID is not set, or MODAL_TOKEN_SECRET, and ~/.modal.toml has none");
    } catch (SandboxException e) {
      return new Availability(false, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public SandboxProvider open(ProviderSettings settings) {
    ModalSettings checked = ModalSettings.of(settings);
    return GrpcLibraries.present()
        ? new ModalSandboxProvider(checked)
        : GrpcLibraries.load().open(settings);
  }
}
