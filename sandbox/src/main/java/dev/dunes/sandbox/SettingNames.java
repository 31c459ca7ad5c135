package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The settings {@link Sandboxes#configure} takes. */
final class SettingNames {
  static final String DEFAULT_PROVIDER = "default_provider";

  // The names of the library this one replaces; accepted whether or not the provider is on the
  // module path.
  private static final List<String> DOCUMENTED =
      List.of(
          DEFAULT_PROVIDER,
          "e2b_api_key",
          "modal_token_id",
          "modal_token_secret",
          "daytona_api_key",
          "hopx_api_key",
          "vercel_token",
          "vercel_project_id",
          "vercel_team_id",
          "sprites_token",
          "cloudflare_base_url",
          "cloudflare_api_token",
          "cloudflare_account_id");

  private SettingNames() {}

  static void check(Set<String> given, Collection<SandboxProviderFactory> factories) {
    Set<String> known = new TreeSet<>(DOCUMENTED);
    factories.forEach(factory -> known.addAll(factory.settings()));
    for (String name : given) {
      if (!known.contains(name) && factories.stream().noneMatch(f -> mayBelongTo(f, name))) {
        String hint = Nearest.to(name, known).map("; did you mean '%s'?"::formatted).orElse("");
        throw InvalidRequestException.field(
            "settings", name, "one of " + String.join(", ", known) + hint);
      }
    }
  }

  /** A factory that declares no settings is given the benefit of the doubt. */
  private static boolean mayBelongTo(SandboxProviderFactory factory, String name) {
    return factory.settings().isEmpty() && name.startsWith(factory.name() + "_");
  }
}
