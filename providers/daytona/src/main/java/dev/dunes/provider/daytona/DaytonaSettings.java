package dev.dunes.provider.daytona;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Where Daytona is, and who we are there.
 *
 * @param key an API key, or a token of a person
 * @param organization whose sandboxes they are; only with a token of a person
 * @param api the control plane
 * @param target the region
 */
record DaytonaSettings(
    String key, Optional<String> organization, URI api, Optional<String> target) {
  static final String KEY = "daytona_api_key";
  static final String KEY_VARIABLE = "DAYTONA_API_KEY";
  static final String CREDENTIALS =
      "DAYTONA_API_KEY, or DAYTONA_JWT_TOKEN and DAYTONA_ORGANIZATION_ID";

  static final Set<String> NAMES =
      Set.of(
          KEY, "daytona_jwt_token", "daytona_organization_id", "daytona_api_url", "daytona_target");

  private static final String API = "https://app.daytona.io/api";

  static boolean usable(ProviderSettings settings) {
    return key(settings).isPresent() || token(settings).isPresent();
  }

  private static Optional<String> key(ProviderSettings settings) {
    return settings.settingOrEnv(KEY, KEY_VARIABLE);
  }

  /** Of no use without its organization. */
  private static Optional<String> token(ProviderSettings settings) {
    return settings
        .settingOrEnv("daytona_jwt_token", "DAYTONA_JWT_TOKEN")
        .filter(token -> organization(settings).isPresent());
  }

  private static Optional<String> organization(ProviderSettings settings) {
    return settings.settingOrEnv("daytona_organization_id", "DAYTONA_ORGANIZATION_ID");
  }

  static DaytonaSettings of(ProviderSettings settings) {
    Optional<String> key = key(settings);
    return new DaytonaSettings(
        key.or(() -> token(settings))
            .orElseThrow(() -> InvalidRequestException.field(KEY, "", CREDENTIALS)),
        key.isPresent() ? Optional.empty() : organization(settings),
        uri(settings.settingOrEnv("daytona_api_url", "DAYTONA_API_URL").orElse(API)),
        settings.settingOrEnv("daytona_target", "DAYTONA_TARGET"));
  }

  private static URI uri(String text) {
    try {
      String plain = text.strip();
      URI uri = URI.create(plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain);
      if (uri.getHost() == null || !Set.of("http", "https").contains(uri.getScheme())) {
        throw InvalidRequestException.field("daytona_api_url", text, "an address such as " + API);
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw InvalidRequestException.field("daytona_api_url", text, "an address such as " + API);
    }
  }

  /** Never shows the key. */
  @Override
  public String toString() {
    return "DaytonaSettings[api=%s]".formatted(api);
  }
}
