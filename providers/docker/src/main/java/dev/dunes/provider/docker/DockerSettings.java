package dev.dunes.provider.docker;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the provider is set to. Each setting has an environment variable: {@code docker_image} is
 * {@code DUNES_DOCKER_IMAGE}.
 *
 * @param image for sandboxes that name none
 * @param runtime for sandboxes that name none; else the daemon's own
 * @param user whom commands run as; else the image's
 * @param pull whether images are fetched
 * @param sharedFiles whether the daemon sees this machine's files under the same paths; else found
 *     out
 */
record DockerSettings(
    String image,
    Optional<String> runtime,
    Optional<String> user,
    Pull pull,
    Optional<Boolean> sharedFiles) {
  /** The image of the query API, built from {@code Dockerfile.agent}; sheet query-api 2.12. */
  static final String AGENT_IMAGE = "sandstorm-agent:latest";

  static final String IMAGE = "docker_image";
  static final String RUNTIME = "docker_runtime";
  static final String USER = "docker_user";
  static final String PULL = "docker_pull";
  static final String SHARED_FILES = "docker_shared_files";

  static final Set<String> NAMES =
      Set.of(
          "docker_host", "docker_context", IMAGE, RUNTIME, USER, PULL, SHARED_FILES, "state_dir");

  /** When an image is fetched from its registry. */
  enum Pull {
    /** When the daemon does not have it. */
    MISSING,
    NEVER,
    ALWAYS;

    static Pull of(String field, String text) {
      return Arrays.stream(values())
          .filter(each -> each.wireName().equals(text))
          .findFirst()
          .orElseThrow(() ->
              InvalidRequestException.field(
                  field,
                  text,
                  Arrays.stream(values()).map(Pull::wireName).collect(Collectors.joining(", "))));
    }

    String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static DockerSettings of(ProviderSettings settings) {
    return new DockerSettings(
        read(settings, IMAGE).orElse(AGENT_IMAGE),
        read(settings, RUNTIME),
        read(settings, USER),
        read(settings, PULL).map(text -> Pull.of(PULL, text)).orElse(Pull.MISSING),
        read(settings, SHARED_FILES)
            .filter(text -> !text.equals("auto"))
            .map(text -> flag(SHARED_FILES, text)));
  }

  static Optional<String> read(ProviderSettings settings, String name) {
    return settings.settingOrEnv(name, "DUNES_" + name.toUpperCase(Locale.ROOT));
  }

  static boolean flag(String field, String text) {
    return switch (text) {
      case "yes", "true", "1" -> true;
      case "no", "false", "0" -> false;
      default -> throw InvalidRequestException.field(field, text, "yes or no");
    };
  }
}
