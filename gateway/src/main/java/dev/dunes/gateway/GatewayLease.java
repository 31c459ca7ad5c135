package dev.dunes.gateway;

import java.time.Instant;

/**
 * One run's way out. Ends with {@link #close()} or with the gateway; safe for use by several
 * threads.
 */
public interface GatewayLease extends AutoCloseable {
  /** The run it belongs to. */
  String runId();

  /** What the run shows at the gateway, and as the proxy's password; worth nothing elsewhere. */
  String token();

  /** What the run has used so far. */
  ModelUsage usage();

  /**
   * When a byte last went to or came from a model or through the proxy; at first, when it began.
   */
  Instant lastActivity();

  /**
   * Replaces what the run may reach besides its model. Connections that go where the new policy
   * does not lead are ended.
   *
   * @throws IllegalArgumentException when it has a rule that cannot be; nothing changes
   */
  void egress(EgressPolicy policy);

  /** Makes the token worthless and ends what still runs with it. Safe to repeat. */
  @Override
  void close();
}
