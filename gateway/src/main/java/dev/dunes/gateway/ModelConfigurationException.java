package dev.dunes.gateway;

import org.jspecify.annotations.Nullable;

/**
 * The settings name no model provider ({@code model_not_configured}) or one that cannot work
 * ({@code model_misconfigured}). The message is what a user is shown.
 */
public final class ModelConfigurationException extends GatewayException {
  private static final long serialVersionUID = 1L;

  /** Nothing in the request or the environment names a provider (query API, 2.3). */
  static final String NOT_CONFIGURED = "model_not_configured";

  /** A provider is named, and something it needs is missing or wrong. */
  static final String MISCONFIGURED = "model_misconfigured";

  ModelConfigurationException(String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }

  /** Whether no provider is named at all, so that other settings may be asked for. */
  public boolean nothingConfigured() {
    return code().equals(NOT_CONFIGURED);
  }
}
