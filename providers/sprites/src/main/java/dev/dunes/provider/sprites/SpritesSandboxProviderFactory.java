package dev.dunes.provider.sprites;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.Set;

/** Opens the provider {@code sprites}. */
public final class SpritesSandboxProviderFactory implements SandboxProviderFactory {
  static final String NAME = "sprites";
  private static final int ORDER = 30;

  /** For {@link java.util.ServiceLoader}. */
  public SpritesSandboxProviderFactory() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Virtual machines at Sprites, of Fly.io";
  }

  @Override
  public String requirement() {
    return SpritesSettings.TOKEN_VARIABLE;
  }

  @Override
  public String setupHint() {
    return "get a token at https://sprites.dev/account and export "
        + SpritesSettings.TOKEN_VARIABLE
        + "=…";
  }

  @Override
  public int detectionOrder() {
    return ORDER;
  }

  @Override
  public Set<String> settings() {
    return SpritesSettings.NAMES;
  }

  @Override
  public Availability availability(ProviderSettings settings) {
    return SpritesSettings.token(settings).isPresent()
        ? new Availability(true, "its token is set")
        : new Availability(false, SpritesSettings.TOKEN_VARIABLE + " is not set");
  }

  @Override
  public SandboxProvider open(ProviderSettings settings) {
    return new SpritesSandboxProvider(SpritesSettings.of(settings));
  }
}
