package dev.dunes.sandbox;

import java.util.Optional;

/** A sandbox of a provider that was registered under another name than its own. */
final class NamedSandbox extends ForwardingSandbox {
  private final String provider;

  private NamedSandbox(Sandbox sandbox, String provider) {
    super(sandbox);
    this.provider = provider;
  }

  static Sandbox of(Sandbox sandbox, String provider) {
    return sandbox.provider().equals(provider) ? sandbox : new NamedSandbox(sandbox, provider);
  }

  static SandboxInfo of(SandboxInfo info, String provider) {
    return info.provider().equals(provider)
        ? info
        : new SandboxInfo(
            info.id(),
            provider,
            info.state(),
            info.labels(),
            info.createdAt(),
            info.deadline(),
            info.isolation(),
            info.metadata());
  }

  @Override
  public Optional<Assigning> assigning() {
    return super.assigning().map(there -> spec -> of(there.assign(spec), provider));
  }

  @Override
  public String provider() {
    return provider;
  }

  @Override
  public SandboxInfo info() {
    return of(super.info(), provider);
  }
}
