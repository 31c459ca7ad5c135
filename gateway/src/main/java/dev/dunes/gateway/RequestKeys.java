package dev.dunes.gateway;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Keys that came with a request or a command line; they win over the environment's.
 *
 * @param anthropic {@code anthropic_api_key}
 * @param openRouter {@code openrouter_api_key}
 */
public record RequestKeys(Optional<Secret> anthropic, Optional<Secret> openRouter) {
  /** The request brought none. */
  public static final RequestKeys NONE = new RequestKeys(Optional.empty(), Optional.empty());

  public RequestKeys {
    requireNonNull(anthropic, "anthropic");
    requireNonNull(openRouter, "openRouter");
  }

  /** An empty text counts as absent. */
  public static RequestKeys of(String anthropic, String openRouter) {
    return new RequestKeys(secret(anthropic), secret(openRouter));
  }

  private static Optional<Secret> secret(String value) {
    return value.isEmpty() ? Optional.empty() : Optional.of(Secret.of(value));
  }
}
