package dev.dunes.provider.e2b;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Where E2B is, and who we are there.
 *
 * @param key the API key
 * @param api the control plane
 * @param sandboxes where all sandboxes are reached, when not by a host name each
 * @param domain below which each sandbox has its host name
 * @param template what sandboxes are made from unless an image is named
 */
record E2bSettings(String key, URI api, Optional<URI> sandboxes, String domain, String template) {
  static final String KEY = "e2b_api_key";
  static final String KEY_VARIABLE = "E2B_API_KEY";

  static final Set<String> NAMES =
      Set.of(KEY, "e2b_api_url", "e2b_sandbox_url", "e2b_domain", "e2b_template");

  private static final String DOMAIN = "e2b.app";
  private static final String TEMPLATE = "base";

  static Optional<String> key(ProviderSettings settings) {
    return settings.settingOrEnv(KEY, KEY_VARIABLE);
  }

  static E2bSettings of(ProviderSettings settings) {
    String key =
        key(settings)
            .orElseThrow(() -> InvalidRequestException.field(KEY, "", "an API key of E2B"));
    String domain = settings.settingOrEnv("e2b_domain", "E2B_DOMAIN").orElse(DOMAIN);
    URI api =
        settings
            .settingOrEnv("e2b_api_url", "E2B_API_URL")
            .map(text -> uri("e2b_api_url", text))
            .orElseGet(() -> uri("e2b_domain", "https://api." + domain));
    Optional<URI> sandboxes =
        settings
            .settingOrEnv("e2b_sandbox_url", "E2B_SANDBOX_URL")
            .map(text -> uri("e2b_sandbox_url", text));
    String template = settings.settingOrEnv("e2b_template", "E2B_TEMPLATE").orElse(TEMPLATE);
    return new E2bSettings(key, api, sandboxes, domain, template);
  }

  private static URI uri(String name, String text) {
    try {
      String plain = text.strip();
      URI uri = URI.create(plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain);
      if (uri.getHost() == null || !Set.of("http", "https").contains(uri.getScheme())) {
        throw InvalidRequestException.field(name, text, "an address such as https://api.e2b.app");
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw InvalidRequestException.field(name, text, "an address such as https://api.e2b.app");
    }
  }

  /** Never shows the key. */
  @Override
  public String toString() {
    return "E2bSettings[api=%s]".formatted(api);
  }
}
