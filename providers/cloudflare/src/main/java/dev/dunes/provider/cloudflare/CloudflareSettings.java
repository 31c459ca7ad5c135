package dev.dunes.provider.cloudflare;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Where the user's own Worker with the bridge is, and its secret.
 *
 * @param base its address
 * @param token its secret {@code SANDBOX_API_KEY}
 */
record CloudflareSettings(URI base, String token) {
  static final String BASE = "cloudflare_base_url";
  static final String TOKEN = "cloudflare_api_token";
  static final String BASE_VARIABLE = "CLOUDFLARE_SANDBOX_BASE_URL";
  static final String TOKEN_VARIABLE = "CLOUDFLARE_API_TOKEN";
  static final String CREDENTIALS = BASE_VARIABLE + " and " + TOKEN_VARIABLE;

  static final Set<String> NAMES = Set.of(BASE, TOKEN, "state_dir");

  private static final String EXAMPLE = "an address such as https://bridge.example.workers.dev";

  /** What is missing; empty when nothing is. */
  static Optional<String> missing(ProviderSettings settings) {
    if (base(settings).isEmpty()) {
      return Optional.of(BASE_VARIABLE);
    }
    return token(settings).isEmpty() ? Optional.of(TOKEN_VARIABLE) : Optional.empty();
  }

  private static Optional<String> base(ProviderSettings settings) {
    return settings.settingOrEnv(BASE, BASE_VARIABLE);
  }

  private static Optional<String> token(ProviderSettings settings) {
    return settings
        .settingOrEnv(TOKEN, TOKEN_VARIABLE)
        .or(() -> settings.env("CLOUDFLARE_API_KEY"));
  }

  static CloudflareSettings of(ProviderSettings settings) {
    return new CloudflareSettings(
        uri(base(settings).orElseThrow(() -> InvalidRequestException.field(BASE, "", EXAMPLE))),
        token(settings)
            .map(String::strip)
            .orElseThrow(() -> InvalidRequestException.field(TOKEN, "", TOKEN_VARIABLE)));
  }

  private static URI uri(String text) {
    try {
      String plain = text.strip();
      URI uri = URI.create(plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain);
      if (uri.getHost() == null || !Set.of("http", "https").contains(uri.getScheme())) {
        throw InvalidRequestException.field(BASE, text, EXAMPLE);
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw InvalidRequestException.field(BASE, text, EXAMPLE);
    }
  }

  /** Never shows the token. */
  @Override
  public String toString() {
    return "CloudflareSettings[base=%s]".formatted(base);
  }
}
