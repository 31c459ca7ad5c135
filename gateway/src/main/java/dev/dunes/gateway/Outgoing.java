package dev.dunes.gateway;

import io.vertx.core.MultiMap;
import java.util.Optional;

/**
 * A request as a provider wants it.
 *
 * @param path with its query, behind the provider's base
 * @param headers all of them but {@code host} and the length
 * @param body when it is not passed on as it comes
 */
record Outgoing(String path, MultiMap headers, Optional<byte[]> body) {
  @Override
  public String toString() {
    return "Outgoing[***]"; // headers hold the key
  }
}
