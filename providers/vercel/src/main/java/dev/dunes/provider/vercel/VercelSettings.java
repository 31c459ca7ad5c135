package dev.dunes.provider.vercel;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Where Vercel is, and who we are there.
 *
 * @param token an access token, or one of OpenID Connect
 * @param team whose sandboxes they are
 * @param project what they belong to
 * @param api what everything is asked of
 */
record VercelSettings(String token, String team, String project, URI api) {
  static final String TOKEN = "vercel_token";
  static final String CREDENTIALS = "VERCEL_TOKEN, VERCEL_PROJECT_ID and VERCEL_TEAM_ID";

  static final Set<String> NAMES =
      Set.of(TOKEN, "vercel_project_id", "vercel_team_id", "vercel_url");

  private static final List<String> TOKEN_VARIABLES =
      List.of("VERCEL_TOKEN", "VERCEL_API_TOKEN", "VERCEL_ACCESS_TOKEN", "VERCEL_OIDC_TOKEN");

  private static final String API = "https://vercel.com/api";

  private static Optional<String> token(ProviderSettings settings) {
    return settings
        .setting(TOKEN)
        .or(() ->
            TOKEN_VARIABLES.stream().map(settings::env).flatMap(Optional::stream).findFirst());
  }

  /** Whose a token is, if it says so itself: then that counts. */
  private static Optional<String> claim(ProviderSettings settings, String name) {
    return token(settings).flatMap(token -> claim(token, name));
  }

  private static Optional<String> claim(String token, String name) {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    try {
      byte[] payload = Base64.getUrlDecoder().decode(parts[1].replace("=", ""));
      JsonNode claims = VercelApi.JSON.readTree(new String(payload, StandardCharsets.UTF_8));
      return Optional.of(claims.path(name).asString("")).filter(text -> !text.isEmpty());
    } catch (IllegalArgumentException | JacksonException e) {
      return Optional.empty(); // not every token with two dots is one of these
    }
  }

  private static Optional<String> team(ProviderSettings settings) {
    return claim(settings, "owner_id")
        .or(() -> settings.settingOrEnv("vercel_team_id", "VERCEL_TEAM_ID"));
  }

  private static Optional<String> project(ProviderSettings settings) {
    return claim(settings, "project_id")
        .or(() -> settings.settingOrEnv("vercel_project_id", "VERCEL_PROJECT_ID"));
  }

  /** What is not there of what is needed. */
  static List<String> missing(ProviderSettings settings) {
    return java.util.stream.Stream.of(
            token(settings).isPresent() ? "" : "VERCEL_TOKEN",
            project(settings).isPresent() ? "" : "VERCEL_PROJECT_ID",
            team(settings).isPresent() ? "" : "VERCEL_TEAM_ID")
        .filter(name -> !name.isEmpty())
        .toList();
  }

  static VercelSettings of(ProviderSettings settings) {
    return new VercelSettings(
        token(settings).orElseThrow(() -> needed(TOKEN)),
        team(settings).orElseThrow(() -> needed("vercel_team_id")),
        project(settings).orElseThrow(() -> needed("vercel_project_id")),
        uri(settings.settingOrEnv("vercel_url", "DUNES_VERCEL_URL").orElse(API)));
  }

  private static InvalidRequestException needed(String field) {
    return InvalidRequestException.field(field, "", CREDENTIALS);
  }

  private static URI uri(String text) {
    try {
      String plain = text.strip();
      URI uri = URI.create(plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain);
      if (uri.getHost() == null || !Set.of("http", "https").contains(uri.getScheme())) {
        throw InvalidRequestException.field("vercel_url", text, "an address such as " + API);
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw InvalidRequestException.field("vercel_url", text, "an address such as " + API);
    }
  }

  /** Never shows the token. */
  @Override
  public String toString() {
    return "VercelSettings[api=%s]".formatted(api);
  }
}
