package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.ProviderSettings;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The one rule for the provider: the one named by the program, else by the environment, else the
 * first one registered, else the first one that can be used.
 */
final class ProviderChooser {
  private static final List<String> VARIABLES = List.of("DUNES_PROVIDER", "SANDBOX_BACKEND");

  private ProviderChooser() {}

  static Optional<ProviderChoice> choose(
      Optional<String> named, ProviderSettings settings, ProviderRegistry registry) {
    return named
        .map(name -> new ProviderChoice(name, "set by the program"))
        .or(() -> setting(settings))
        .or(() -> variable(settings))
        .or(() -> registry.firstRegistered().map(n -> new ProviderChoice(n, "registered first")))
        .or(() -> registry.firstDetected().map(n -> detected(n, registry)));
  }

  private static Optional<ProviderChoice> setting(ProviderSettings settings) {
    return settings
        .setting(SettingNames.DEFAULT_PROVIDER)
        .map(name -> new ProviderChoice(name, SettingNames.DEFAULT_PROVIDER + " is configured"));
  }

  private static Optional<ProviderChoice> variable(ProviderSettings settings) {
    return VARIABLES.stream()
        .flatMap(variable ->
            settings.env(variable).stream()
                .map(value -> value.strip().toLowerCase(Locale.ROOT))
                .map(name -> new ProviderChoice(name, variable + " is set")))
        .findFirst();
  }

  private static ProviderChoice detected(String name, ProviderRegistry registry) {
    return new ProviderChoice(name, "detected: " + registry.availability(name).reason());
  }
}
