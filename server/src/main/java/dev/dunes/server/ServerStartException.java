package dev.dunes.server;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** A server could not start; the message says why and what to do, in one line. */
public final class ServerStartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ServerStartException(String message, @Nullable Throwable cause) {
    super(requireNonNull(message, "message"), cause);
  }
}
