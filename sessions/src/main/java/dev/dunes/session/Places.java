package dev.dunes.session;

import dev.dunes.sandbox.ProviderStatus;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which provider a run's sandbox comes from. Named by the caller, by {@code runtime.provider}, by
 * {@code DUNES_PROVIDER} or {@code SANDBOX_BACKEND}; else, or when that is {@code auto}: E2B when
 * the request brings a key for it, else what {@link Sandboxes#choice} says and can run agents.
 * Query API 2.12.
 */
final class Places implements AutoCloseable {
  static final String AUTO = "auto";
  static final String E2B = "e2b";
  private static final String E2B_KEY = "e2b_api_key";
  private static final List<String> VARIABLES = List.of("DUNES_PROVIDER", "SANDBOX_BACKEND");

  /** Whose sandboxes have {@link HomePaths#HOME}; those of others are asked where theirs is. */
  private static final Set<String> WITH_USUAL_HOME = Set.of("local", "docker", E2B);

  private final Sandboxes sandboxes;
  private final boolean owned;
  private final Settings settings;

  Places(Optional<Sandboxes> given, Settings settings) {
    this.settings = settings;
    this.owned = given.isEmpty();
    this.sandboxes = given.orElseGet(() -> open(settings.all(), Optional.empty()));
  }

  private static Sandboxes open(Map<String, String> environment, Optional<String> e2bKey) {
    Map<String, String> variables = new HashMap<>(environment);
    // The choice by name is made here: "auto" is no provider.
    VARIABLES.forEach(variables::remove);
    Map<String, String> configured = e2bKey.map(key -> Map.of(E2B_KEY, key)).orElseGet(Map::of);
    return Sandboxes.builder().settings(new ProviderSettings(configured, variables)).build();
  }

  /** The place of one run. */
  record Place(String provider, Sandboxes sandboxes, boolean owned) implements AutoCloseable {
    @Override
    public void close() {
      if (owned) {
        sandboxes.close();
      }
    }
  }

  /** Whether the home in a provider's sandboxes is {@link HomePaths#HOME}. */
  static boolean hasUsualHome(String provider) {
    return WITH_USUAL_HOME.contains(provider);
  }

  /** A provider's name for people: {@code Local}, {@code Docker}, {@code E2b}. */
  static String title(String provider) {
    return provider.substring(0, 1).toUpperCase(Locale.ROOT) + provider.substring(1);
  }

  /**
   * The provider a run would get.
   *
   * @throws RunRefusedException of reason {@code CONFIG} when it is unknown
   */
  String choose(RunRequest request, ProjectConfig config) {
    return choose(request.provider(), config, request.keys().e2b().isPresent());
  }

  /**
   * The provider that somebody who asks for this one, or for none, would get.
   *
   * @param e2bKey whether a key for E2B was brought along
   */
  String choose(Optional<String> asked, ProjectConfig config, boolean e2bKey) {
    return asked
        .or(config::provider)
        .or(this::variable)
        .map(name -> name.strip().toLowerCase(Locale.ROOT))
        .filter(name -> !name.equals(AUTO))
        .map(this::known)
        .or(() -> e2bKey ? Optional.of(E2B) : Optional.empty())
        .orElseGet(this::detected);
  }

  /**
   * One that was only found, and whose sandboxes cannot reach the gateway, would refuse every run:
   * whoever has a key for it set for other work gets this machine instead.
   */
  private String detected() {
    String found = sandboxes.choice().name();
    boolean may =
        !owned
            || found.equals(Doors.LOCAL)
            || Doors.isAddressed(settings)
            || !sandboxes.usableProviders().contains(Doors.LOCAL);
    return may || sandboxes.provider(found).takesRelays() ? found : Doors.LOCAL;
  }

  /** Opens the place; a key of the request makes it one of the run's own. */
  Place open(String provider, ProviderKeys keys) {
    if (provider.equals(E2B) && keys.e2b().isPresent() && owned) {
      return new Place(provider, open(settings.all(), keys.e2b()), true);
    }
    return new Place(provider, sandboxes, false);
  }

  /** Where everything that was left over is found. */
  Sandboxes sandboxes() {
    return sandboxes;
  }

  /** The provider that is set by the environment, checked. */
  Optional<String> configured() {
    return variable()
        .map(name -> name.strip().toLowerCase(Locale.ROOT))
        .filter(n -> !n.equals(AUTO))
        .map(this::known);
  }

  private Optional<String> variable() {
    return VARIABLES.stream().flatMap(name -> settings.get(name).stream()).findFirst();
  }

  private String known(String name) {
    List<String> all = sandboxes.providers().stream().map(ProviderStatus::name).toList();
    if (!all.contains(name) && !sandboxes.usableProviders().contains(name)) {
      throw RunRefusedException.config(
          "unknown sandbox provider '%s'; there are auto, %s"
              .formatted(name, String.join(", ", all)));
    }
    return name;
  }

  @Override
  public void close() {
    if (owned) {
      sandboxes.close();
    }
  }
}
