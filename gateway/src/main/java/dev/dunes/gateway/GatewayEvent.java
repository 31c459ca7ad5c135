package dev.dunes.gateway;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Something a run's owner may want to know of what its sandbox did at the gateway. No event holds a
 * key or what was said to a model.
 */
public sealed interface GatewayEvent {
  /** The run it is about. */
  String runId();

  /** When. */
  Instant at();

  /**
   * A host was asked for that the policy or its address forbids.
   *
   * @param host as it was asked for, in its plain form
   * @param reason for people, one line
   * @param rule what would have to be in {@link EgressPolicy#allowed()} for it to pass; empty when
   *     no rule would do
   */
  record HostRefused(
      String runId, Instant at, String host, int port, String reason, Optional<String> rule)
      implements GatewayEvent {}

  /** A connection through the proxy was opened and has ended. */
  record HostConnected(String runId, Instant at, String host, int port, long bytesOut, long bytesIn)
      implements GatewayEvent {}

  /** The run has cost more than it may; from now on its model refuses. Once a run. */
  record BudgetExceeded(String runId, Instant at, double budgetUsd, double spentUsd)
      implements GatewayEvent {}

  /**
   * The provider does not accept the key.
   *
   * @param message the provider's, without anything secret
   */
  record KeyRejected(String runId, Instant at, String provider, int status, String message)
      implements GatewayEvent {}

  /**
   * A request to a model is over.
   *
   * @param model as the provider named it, else as it was asked for, else empty
   * @param status of HTTP, as the sandbox saw it; 0 when it left before
   * @param usage of this request alone
   * @param estimated whether the usage is a guess, because the answer was cut off
   * @param complete whether the answer came to its end
   * @param took from the request's head to the answer's end
   */
  record ModelRequestFinished(
      String runId,
      Instant at,
      ModelProtocol protocol,
      String path,
      String model,
      int status,
      ModelUsage usage,
      boolean estimated,
      boolean complete,
      Duration took)
      implements GatewayEvent {}

  /** A provider could not be reached, or broke off. */
  record UpstreamUnreachable(String runId, Instant at, String provider, String message)
      implements GatewayEvent {}

  /**
   * A model's price is not in the table, and what the table says of unknown models was taken. Once
   * a run and model.
   */
  record PriceUnknown(String runId, Instant at, String model) implements GatewayEvent {}

  /**
   * A request was turned away without asking a model.
   *
   * @param status of HTTP
   */
  record RequestRefused(String runId, Instant at, String path, int status, String reason)
      implements GatewayEvent {}

  /**
   * Nothing in the cassette answers a request.
   *
   * @param nearest the recorded request that is most like it, and where they part; for people
   */
  record ReplayMismatch(String runId, Instant at, String path, String nearest)
      implements GatewayEvent {}

  /** An exchange could not be written to the cassette. */
  record RecordingFailed(String runId, Instant at, String message) implements GatewayEvent {}
}
