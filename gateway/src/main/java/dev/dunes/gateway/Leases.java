package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The leases that hold, by the hash of their token. */
final class Leases {
  private final Map<String, Lease> byHash = new ConcurrentHashMap<>();
  private final boolean opensTls;

  /**
   * @param opensTls whether the gateway can set headers in TLS
   */
  Leases(boolean opensTls) {
    this.opensTls = opensTls;
  }

  /**
   * @throws IllegalArgumentException when the gateway cannot do what this says
   */
  void check(EgressPolicy policy) {
    if (!opensTls && !policy.headers().isEmpty()) {
      throw new IllegalArgumentException(
          "headers cannot be set: this gateway has no certificates to open TLS with");
    }
  }

  void add(Lease lease) {
    byHash.put(RunToken.hash(lease.token()), lease);
  }

  void remove(Lease lease) {
    byHash.remove(RunToken.hash(lease.token()));
  }

  /** Whose token this is; in a time that tells nothing of the tokens there are. */
  Optional<Lease> find(String token) {
    return Optional.ofNullable(byHash.get(RunToken.hash(token)))
        .filter(
            lease -> MessageDigest.isEqual(lease.token().getBytes(UTF_8), token.getBytes(UTF_8)));
  }

  List<Lease> all() {
    return List.copyOf(byHash.values());
  }
}
