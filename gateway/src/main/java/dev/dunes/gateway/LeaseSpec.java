package dev.dunes.gateway;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * What one run may do at the gateway.
 *
 * @param runId names the run in events
 * @param upstreams where requests of each protocol go; a protocol without one is answered with 404
 * @param budgetUsd what the run may cost, in US dollars
 * @param egress what the run may reach besides its models
 * @param listener gets the run's events, one at a time, on a thread of its own; what it throws is
 *     logged. One that is slower than {@link GatewayOptions#eventBacklog()} events misses some,
 *     which is logged
 * @param recordTo a file that exchanges with models are appended to
 * @param replayFrom a file whose exchanges answer instead of a model; no upstream is asked
 * @param recordedPace whether a replay takes the time the recording took
 * @param maxConcurrentRequests to models at a time
 * @param portInSandbox the port of the sandbox's loopback that leads to models; some agents ask the
 *     proxy for it, which then leads there instead of to this machine's loopback
 * @param token of an earlier lease, when this one takes its place
 */
public record LeaseSpec(
    String runId,
    Map<ModelProtocol, ModelUpstream> upstreams,
    OptionalDouble budgetUsd,
    EgressPolicy egress,
    Consumer<GatewayEvent> listener,
    Optional<Path> recordTo,
    Optional<Path> replayFrom,
    boolean recordedPace,
    int maxConcurrentRequests,
    OptionalInt portInSandbox,
    Optional<String> token) {
  private static final int MAX_CONCURRENT_REQUESTS = 64;

  public LeaseSpec {
    requireNonNull(runId, "runId");
    upstreams = Map.copyOf(upstreams);
    requireNonNull(budgetUsd, "budgetUsd");
    requireNonNull(egress, "egress");
    requireNonNull(listener, "listener");
    requireNonNull(recordTo, "recordTo");
    requireNonNull(replayFrom, "replayFrom");
    requireNonNull(portInSandbox, "portInSandbox");
    requireNonNull(token, "token");
    if (token.filter(shown -> !RunToken.isOne(shown)).isPresent()) {
      throw new IllegalArgumentException("token is not one that a lease had");
    }
    if (budgetUsd.isPresent() && !(budgetUsd.getAsDouble() >= 0)) {
      throw new IllegalArgumentException("budgetUsd is not at least 0: " + budgetUsd);
    }
    if (recordTo.isPresent() && replayFrom.isPresent()) {
      throw new IllegalArgumentException("a run records or replays, not both");
    }
    if (maxConcurrentRequests < 1) {
      throw new IllegalArgumentException("maxConcurrentRequests is not at least 1");
    }
  }

  /** Keys and tokens stay out of it. */
  @Override
  public String toString() {
    return "LeaseSpec[%s]".formatted(runId);
  }

  /** Starts with no model, no budget, nothing to reach, and nobody who listens. */
  public static Builder builder(String runId) {
    return new Builder(runId);
  }

  /** Gathers what a run may do. Not safe for use by several threads. */
  public static final class Builder {
    private final String runId;
    private final Map<ModelProtocol, ModelUpstream> upstreams = new EnumMap<>(ModelProtocol.class);
    private OptionalDouble budgetUsd = OptionalDouble.empty();
    private EgressPolicy egress = EgressPolicy.NOTHING;
    private Consumer<GatewayEvent> listener = event -> {};
    private Optional<Path> recordTo = Optional.empty();
    private Optional<Path> replayFrom = Optional.empty();
    private boolean recordedPace;
    private int maxConcurrentRequests = MAX_CONCURRENT_REQUESTS;
    private OptionalInt portInSandbox = OptionalInt.empty();
    private Optional<String> token = Optional.empty();

    private Builder(String runId) {
      this.runId = requireNonNull(runId, "runId");
    }

    /** Where requests of its protocol go; one upstream a protocol, the last one counts. */
    public Builder upstream(ModelUpstream upstream) {
      upstreams.put(upstream.protocol(), upstream);
      return this;
    }

    /** What the run may cost, in US dollars, by the price table. */
    public Builder budgetUsd(double budget) {
      this.budgetUsd = OptionalDouble.of(budget);
      return this;
    }

    /** What the run may reach besides its models; nothing unless said. */
    public Builder egress(EgressPolicy policy) {
      this.egress = requireNonNull(policy, "policy");
      return this;
    }

    /** Who gets the events. */
    public Builder listener(Consumer<GatewayEvent> consumer) {
      this.listener = requireNonNull(consumer, "consumer");
      return this;
    }

    /** Appends exchanges with models to this file, which is made when missing. */
    public Builder recordTo(Path cassette) {
      this.recordTo = Optional.of(cassette);
      return this;
    }

    /** Answers from this file instead of asking a model, as fast as the reader reads. */
    public Builder replayFrom(Path cassette) {
      this.replayFrom = Optional.of(cassette);
      return this;
    }

    /** Lets a replay take the time the recording took. */
    public Builder recordedPace() {
      this.recordedPace = true;
      return this;
    }

    /** How many requests to models there may be at a time; 64 unless said. */
    public Builder maxConcurrentRequests(int max) {
      this.maxConcurrentRequests = max;
      return this;
    }

    /** Where the sandbox's own loopback leads to models. */
    public Builder portInSandbox(int port) {
      this.portInSandbox = OptionalInt.of(port);
      return this;
    }

    /** Takes the place of a lease that had this token, whose gateway has ended. */
    public Builder token(String earlier) {
      this.token = Optional.of(earlier);
      return this;
    }

    /**
     * @throws IllegalArgumentException when something does not fit together
     */
    public LeaseSpec build() {
      return new LeaseSpec(
          runId,
          upstreams,
          budgetUsd,
          egress,
          listener,
          recordTo,
          replayFrom,
          recordedPace,
          maxConcurrentRequests,
          portInSandbox,
          token);
    }
  }
}
