package dev.dunes.gateway;

import org.jspecify.annotations.Nullable;

/** A cassette cannot be read or written; the code is {@code cassette_unusable}. */
public final class CassetteException extends GatewayException {
  private static final long serialVersionUID = 1L;

  CassetteException(String message, @Nullable Throwable cause) {
    super("cassette_unusable", message, cause);
  }
}
