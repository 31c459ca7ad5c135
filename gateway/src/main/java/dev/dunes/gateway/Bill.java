package dev.dunes.gateway;

import dev.dunes.gateway.metering.Meter;
import dev.dunes.gateway.metering.TokenCounts;

/** What one request costs, charged to its run as it becomes known. */
final class Bill {
  private final Lease lease;
  private String askedModel;
  private ModelUsage charged = ModelUsage.NONE;
  private boolean estimated;

  Bill(Lease lease, String askedModel) {
    this.lease = lease;
    this.askedModel = askedModel;
  }

  void askedModel(String model) {
    askedModel = model;
  }

  /** The provider's name for the model counts more than the agent's. */
  String model(Meter meter) {
    return meter.model().isEmpty() ? askedModel : meter.model();
  }

  /** The answer has said something of usage. */
  void said(Meter meter) {
    charge(meter, meter.counts());
  }

  /**
   * The answer is over.
   *
   * @param complete whether it came to its end
   * @param sentBytes of the request, when the provider has all of it
   */
  void over(Meter meter, boolean complete, long sentBytes) {
    estimated = !(complete && meter.said());
    charge(meter, estimated ? meter.estimate(sentBytes) : meter.counts());
  }

  private void charge(Meter meter, TokenCounts counts) {
    ModelUsage now = lease.priced(model(meter), counts);
    lease.charge(charged, now);
    charged = now;
  }

  ModelUsage charged() {
    return charged;
  }

  boolean estimated() {
    return estimated;
  }
}
