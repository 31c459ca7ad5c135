package dev.dunes.sandbox.spi;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Optional;

/**
 * What a provider may know about its surroundings. Values set by the program come before
 * environment variables.
 *
 * @param configured settings given by the program, by their documented names (such as {@code
 *     e2b_api_key})
 * @param environment environment variables
 */
public record ProviderSettings(Map<String, String> configured, Map<String, String> environment) {
  public ProviderSettings {
    configured = Map.copyOf(configured);
    environment = Map.copyOf(environment);
  }

  /** The environment of this process and nothing configured. */
  public static ProviderSettings system() {
    return new ProviderSettings(Map.of(), System.getenv());
  }

  /** A configured setting. */
  public Optional<String> setting(String name) {
    return nonBlank(configured.get(requireNonNull(name, "name")));
  }

  /** An environment variable that is set and not blank. */
  public Optional<String> env(String name) {
    return nonBlank(environment.get(requireNonNull(name, "name")));
  }

  /** A configured setting, else an environment variable. */
  public Optional<String> settingOrEnv(String setting, String variable) {
    return setting(setting).or(() -> env(variable));
  }

  private static Optional<String> nonBlank(@org.jspecify.annotations.Nullable String value) {
    return Optional.ofNullable(value).filter(v -> !v.isBlank());
  }

  /** Never shows values: they may be keys. */
  @Override
  public String toString() {
    return "ProviderSettings[configured=" + configured.keySet() + "]";
  }
}
