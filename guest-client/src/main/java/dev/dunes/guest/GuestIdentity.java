package dev.dunes.guest;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.ErrorDetails;

/**
 * Whose guest it is, for errors to say so.
 *
 * @param provider the name of the sandbox's provider
 * @param sandbox its id
 */
public record GuestIdentity(String provider, String sandbox) {
  public GuestIdentity {
    requireNonNull(provider, "provider");
    requireNonNull(sandbox, "sandbox");
  }

  ErrorDetails details() {
    return ErrorDetails.at(provider, sandbox);
  }
}
