package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Keys that came with a request; they come before those of the environment. An empty text is no
 * key.
 *
 * @param anthropic for Anthropic
 * @param openrouter for OpenRouter
 * @param e2b for E2B
 */
public record ProviderKeys(
    Optional<String> anthropic, Optional<String> openrouter, Optional<String> e2b) {
  /** None. */
  public static final ProviderKeys NONE =
      new ProviderKeys(Optional.empty(), Optional.empty(), Optional.empty());

  public ProviderKeys {
    anthropic = requireNonNull(anthropic, "anthropic").filter(key -> !key.isEmpty());
    openrouter = requireNonNull(openrouter, "openrouter").filter(key -> !key.isEmpty());
    e2b = requireNonNull(e2b, "e2b").filter(key -> !key.isEmpty());
  }

  /** Which there are, never their values. */
  @Override
  public String toString() {
    return "ProviderKeys[anthropic=%b, openrouter=%b, e2b=%b]"
        .formatted(anthropic.isPresent(), openrouter.isPresent(), e2b.isPresent());
  }
}
