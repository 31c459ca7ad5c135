package dev.dunes.provider.sprites;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Where Sprites is, and who we are there.
 *
 * @param token of an organization
 * @param api what everything is asked of
 */
record SpritesSettings(String token, URI api) {
  static final String TOKEN = "sprites_token";
  static final String TOKEN_VARIABLE = "SPRITES_TOKEN";

  static final Set<String> NAMES = Set.of(TOKEN, "sprites_url");

  private static final String API = "https://api.sprites.dev";

  static Optional<String> token(ProviderSettings settings) {
    return settings.settingOrEnv(TOKEN, TOKEN_VARIABLE);
  }

  static SpritesSettings of(ProviderSettings settings) {
    return new SpritesSettings(
        token(settings).orElseThrow(() -> InvalidRequestException.field(TOKEN, "", TOKEN_VARIABLE)),
        uri(settings.settingOrEnv("sprites_url", "DUNES_SPRITES_URL").orElse(API)));
  }

  private static URI uri(String text) {
    try {
      String plain = text.strip();
      URI uri = URI.create(plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain);
      if (uri.getHost() == null || !Set.of("http", "https").contains(uri.getScheme())) {
        throw InvalidRequestException.field("sprites_url", text, "an address such as " + API);
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw InvalidRequestException.field("sprites_url", text, "an address such as " + API);
    }
  }

  /** Never shows the token. */
  @Override
  public String toString() {
    return "SpritesSettings[api=%s]".formatted(api);
  }
}
