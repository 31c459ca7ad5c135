package dev.dunes.provider.modal;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where Modal is, and who we are there. Values come from settings, else the environment, else the
 * profile of {@code ~/.modal.toml}.
 *
 * @param tokenId the first half of the credentials
 * @param tokenSecret the second half
 * @param server the control plane; {@code http} is HTTP/2 without TLS
 * @param environment of the workspace; else its default
 * @param builderVersion of images; else the environment's
 * @param app in which the sandboxes are
 * @param image what sandboxes are made from unless one is named
 * @param second whether new sandboxes use the second dialect; else it depends on the sandbox
 * @param longest until when a sandbox can be renewed, counted from its creation: it ends then at
 *     the latest
 */
record ModalSettings(
    String tokenId,
    String tokenSecret,
    URI server,
    Optional<String> environment,
    Optional<String> builderVersion,
    String app,
    String image,
    Optional<Boolean> second,
    Duration longest) {
  static final String TOKEN_ID = "modal_token_id";
  static final String TOKEN_SECRET = "modal_token_secret";
  static final String CREDENTIALS = "MODAL_TOKEN_ID and MODAL_TOKEN_SECRET, or ~/.modal.toml";

  private static final String SERVER_URL = "modal_server_url";
  private static final String ENVIRONMENT = "modal_environment";
  private static final String BUILDER = "modal_image_builder_version";
  private static final String APP = "modal_app";
  private static final String IMAGE = "modal_image";
  private static final String SECOND = "modal_sandbox_v2";
  private static final String LONGEST = "modal_max_lifetime";

  static final Set<String> NAMES =
      Set.of(TOKEN_ID, TOKEN_SECRET, SERVER_URL, ENVIRONMENT, BUILDER, APP, IMAGE, SECOND, LONGEST);

  private static final String SERVER = "https://api.modal.com:443";
  private static final Duration LONGEST_AT_MODAL = Duration.ofDays(1);
  private static final String USUAL_APP = "sandboxes-provider";
  private static final String USUAL_IMAGE = "python:3.13-slim-bookworm";
  private static final String NAME = "[A-Za-z0-9._-]{1,64}";

  /** Asked at each start of the command: reads the file only when there is one. */
  static boolean usable(ProviderSettings settings) {
    Map<String, String> none = Map.of();
    boolean set =
        find(settings, TOKEN_ID, none).isPresent()
            && find(settings, TOKEN_SECRET, none).isPresent();
    if (set) {
      return true;
    }
    Map<String, String> profile = ModalConfigFile.profile(settings);
    return find(settings, TOKEN_ID, profile).isPresent()
        && find(settings, TOKEN_SECRET, profile).isPresent();
  }

  static ModalSettings of(ProviderSettings settings) {
    Map<String, String> profile = ModalConfigFile.profile(settings);
    return new ModalSettings(
        token(settings, TOKEN_ID, profile),
        token(settings, TOKEN_SECRET, profile),
        server(find(settings, SERVER_URL, profile).orElse(SERVER)),
        find(settings, ENVIRONMENT, profile),
        find(settings, BUILDER, profile),
        app(find(settings, APP, profile).orElse(USUAL_APP)),
        find(settings, IMAGE, profile).orElse(USUAL_IMAGE),
        find(settings, SECOND, profile).map(ModalSettings::truth),
        find(settings, LONGEST, profile).map(ModalSettings::seconds).orElse(LONGEST_AT_MODAL));
  }

  /** A setting; its variable has the same name; in a profile it has none of the prefix. */
  private static Optional<String> find(
      ProviderSettings settings, String name, Map<String, String> profile) {
    return settings
        .settingOrEnv(name, name.toUpperCase(java.util.Locale.ROOT))
        .or(() -> Optional.ofNullable(profile.get(name.substring("modal_".length()))))
        .map(String::strip)
        .filter(value -> !value.isEmpty());
  }

  private static String token(ProviderSettings settings, String name, Map<String, String> profile) {
    String token =
        find(settings, name, profile)
            .orElseThrow(() -> InvalidRequestException.field(name, "", CREDENTIALS));
    if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      // shows no part of it
      throw InvalidRequestException.field(name, "***", "a token of printable ASCII characters");
    }
    return token;
  }

  private static URI server(String text) {
    String wanted = "an address such as " + SERVER;
    try {
      URI uri = URI.create(text);
      if (uri.getHost() == null || !Set.of("http", "https").contains(uri.getScheme())) {
        throw InvalidRequestException.field(SERVER_URL, text, wanted);
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw InvalidRequestException.field(SERVER_URL, text, wanted);
    }
  }

  private static String app(String name) {
    if (!name.matches(NAME)) {
      throw InvalidRequestException.field(APP, name, "1 to 64 letters, digits and . _ -");
    }
    return name;
  }

  private static boolean truth(String text) {
    return !Set.of("0", "false").contains(text.toLowerCase(java.util.Locale.ROOT));
  }

  private static Duration seconds(String text) {
    try {
      long seconds = Long.parseLong(text);
      if (seconds > 0 && seconds <= Duration.ofDays(365).toSeconds()) {
        return Duration.ofSeconds(seconds);
      }
    } catch (NumberFormatException e) {
      // said below, with every other value that is none
    }
    throw InvalidRequestException.field(LONGEST, text, "a number of seconds");
  }

  boolean plaintext() {
    return "http".equals(server.getScheme());
  }

  int port() {
    return server.getPort() > 0 ? server.getPort() : plaintext() ? 80 : 443;
  }

  /** Whether the server is on this machine: then its routers speak without TLS, too. */
  boolean local() {
    return Set.of("localhost", "127.0.0.1", "::1", "[::1]").contains(server.getHost());
  }

  /** Never shows the token. */
  @Override
  public String toString() {
    return "ModalSettings[server=%s]".formatted(server);
  }
}
