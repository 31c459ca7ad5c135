package dev.dunes.gateway;

import java.time.Instant;

/** One run's way out. Dies when it is closed; safe for use by several threads. */
public interface GatewayLease extends AutoCloseable {
  /** What the run shows at the gateway, and as the proxy's password; worth nothing elsewhere. */
  String token();

  /** What the run has used so far. */
  ModelUsage usage();

  /** When a byte last went to or came from a model or through the proxy. */
  Instant lastActivity();

  /** Replaces what the run may reach besides its model, from the next connection on. */
  void egress(EgressPolicy policy);

  /** Makes the token worthless and ends what still runs with it. Safe to repeat. */
  @Override
  void close();
}
